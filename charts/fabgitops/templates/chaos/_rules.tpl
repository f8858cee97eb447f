{{/* What the operator of chaos experiments may, taken from `fabgitops-operator manifests --with-chaos`: of one sort, and no
other. Given a list of the root and of what is wanted: "pods" are the rights on targets, "deletion" the one to delete pods,
"policy" what is in no namespace, and "own" all the others. */}}

{{- define "fabgitops.chaos.rules" -}}
{{- $wanted := last . }}
{{- $role := (first .).Files.Get "files/rights/chaos.yaml" | fromYaml }}
{{- $chosen := list }}
{{- range $rule := $role.rules }}
{{- $sort := "own" }}
{{- if has "chaospolicies" $rule.resources }}
{{- $sort = "policy" }}
{{- else if and (has "pods" $rule.resources) (has "delete" $rule.verbs) }}
{{- $sort = "deletion" }}
{{- else if or (has "pods" $rule.resources) (has "pods/eviction" $rule.resources) }}
{{- $sort = "pods" }}
{{- end }}
{{- if eq $sort $wanted }}
{{- $chosen = append $chosen $rule }}
{{- end }}
{{- end }}
{{- toYaml $chosen }}
{{- end }}

{{/* Targets that others have are nobody else's, wherever those are. */}}
{{- define "fabgitops.chaos.claimrules" -}}
- apiGroups: [fabgitops.io]
  resources: [chaosexperiments]
  verbs: [list]
{{- end }}

{{/* The pod of the operator of PLCs, which packets to PLCs and to the API server leave: by its Lease, and whether it is being
replaced. */}}
{{- define "fabgitops.chaos.operatorrules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list]
- apiGroups: [""]
  resources: [pods]
  verbs: [get]
- apiGroups: [apps]
  resources: [replicasets, deployments]
  verbs: [get]
{{- end }}

{{/* Where agents are, and whether they live. */}}
{{- define "fabgitops.chaos.agentrules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [list]
{{- end }}
