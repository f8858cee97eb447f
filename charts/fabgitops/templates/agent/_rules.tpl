{{/* What an agent may ask of the API server: whose token it is shown, and its Lease. Which Lease that is RBAC cannot say, for
its name is the node's: the policy chaos-agents.fabgitops.io does. */}}

{{- define "fabgitops.agent.reviewrules" -}}
- apiGroups: [authentication.k8s.io]
  resources: [tokenreviews]
  verbs: [create]
{{- end }}

{{- define "fabgitops.agent.leaserules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [get, create, update]
{{- end }}
