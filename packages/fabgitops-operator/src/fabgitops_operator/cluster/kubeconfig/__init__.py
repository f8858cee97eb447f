"""Where the API server is and who we are: kubeconfigs, read and obeyed as kubectl does.

Every field of kubeconfig v1 that kubectl obeys is obeyed, or refused in a line that names it: none is passed over.
fabctl and the operator have the same text of this room: change that of fabctl, and `./dev fix` writes the operator's.
"""
