"""Expressions: what judges whether something is as it should be.

`cel` evaluates, as an API server does; `conditions` judges a change by it, and takes conditions as Argo Rollouts has
them (`argo`), with the functions that those call (`mathematics`), and knows of what that is not there they speak
(`absence`). It is pure, and knows no kind.
"""
