{{/* What the operator may: the same as in `fabgitops-operator manifests`, which a test compares; of Leases only its own. */}}

{{- define "fabgitops.rules" -}}
- apiGroups: [fabgitops.io]
  resources: [industrialplcs, industrialplctemplates]
  verbs: [get, list, watch]
- apiGroups: [fabgitops.io]
  resources: [industrialplcs/status, industrialplctemplates/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{/* Given the name of the Lease. */}}
{{- define "fabgitops.leaserules" -}}
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  resourceNames: [{{ . }}]
  verbs: [get, update]
- apiGroups: [coordination.k8s.io]
  resources: [leases]
  verbs: [create]
{{- end }}

{{/* Given the name of the Lease, after which the ConfigMap of the fleet brake is named. */}}
{{- define "fabgitops.brakerules" -}}
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [{{ . }}-brake]
  verbs: [get, update]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [create]
{{- end }}

{{/* Given the names of the Secrets; none are all. */}}
{{- define "fabgitops.secretrules" -}}
- apiGroups: [""]
  resources: [secrets]
  {{- with . }}
  resourceNames: {{ toJson . }}
  {{- end }}
  verbs: [get]
{{- end }}

{{/* A role and its binding; given a dict of root, component, account, name, rules and namespace ("" makes a ClusterRole); `of` is
the namespace of the account, if it is not the release's. */}}
{{- define "fabgitops.granted" -}}
{{- $kind := ternary "Role" "ClusterRole" (ne .namespace "") }}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "fabgitops.labels" (list .root .component) | nindent 4 }}
rules:
  {{- .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels:
    {{- include "fabgitops.labels" (list .root .component) | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .account }}
    namespace: {{ .of | default .root.Release.Namespace }}
{{- end }}
