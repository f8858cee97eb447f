{{/* What the operator of Argo Rollouts' kinds may: as in `fabgitops-operator manifests --with-argo`, which a test compares. */}}

{{- define "fabgitops.argo.rules" -}}
- apiGroups: [argoproj.io]
  resources: [rollouts, analysistemplates{{ if not .Values.watchNamespaces }}, clusteranalysistemplates{{ end }}]
  verbs: [get, list, watch]
- apiGroups: [argoproj.io]
  resources: [analysisruns]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [argoproj.io]
  resources: [rollouts/status]
  verbs: [patch]
# Where an API server asks who lets an owner wait for what it owns (OwnerReferencesPermissionEnforcement).
- apiGroups: [argoproj.io]
  resources: [rollouts/finalizers]
  verbs: [update]
- apiGroups: [apps]
  resources: [replicasets]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch]
- apiGroups: [apps]
  resources: [deployments/scale]
  verbs: [patch]
- apiGroups: [""]
  resources: [services]
  verbs: [get, list, watch, patch]
- apiGroups: [gateway.networking.k8s.io]
  resources: [httproutes, grpcroutes]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* What is in no namespace, and so stands in no Role: templates that any namespace may be judged by. */}}
{{- define "fabgitops.argo.clusterrules" -}}
- apiGroups: [argoproj.io]
  resources: [clusteranalysistemplates]
  verbs: [get, list, watch]
{{- end }}
