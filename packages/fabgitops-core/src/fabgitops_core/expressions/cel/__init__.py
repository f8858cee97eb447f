"""What our rules and conditions use of the Common Expression Language, with Kubernetes' functions, in plain Python.

The language: github.com/google/cel-spec, doc/langdef.md; Kubernetes' functions: "Common Expression Language in
Kubernetes". It has two doors: `admission.rules` for what an API server would say, `expressions.conditions` for what
judges a change.
"""
