"""What our rules use of the Common Expression Language, with Kubernetes' functions, in plain Python.

The language: github.com/google/cel-spec, doc/langdef.md; Kubernetes' functions: "Common Expression Language in
Kubernetes". Only `admission.rules` imports this, so that it can be exchanged there.
"""
