{{/* What the operator of racks may: the same as in `fabgitops-operator manifests --with-racks`, which a test compares. */}}

{{- define "fabgitops.racks.rules" -}}
- apiGroups: [fabgitops.io]
  resources: [racktemplates, racks, chassis, blades, bmcs, racknodes, industrialplcs]
  verbs: [get, list, watch]
- apiGroups: [fabgitops.io]
  resources: [chassis, blades, bmcs, racknodes]
  verbs: [create, patch, delete]
- apiGroups: [fabgitops.io]
  resources: [racktemplates/status, racks/status, chassis/status, blades/status, bmcs/status, racknodes/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}

{{- define "fabgitops.racks.plcrules" -}}
- apiGroups: [fabgitops.io]
  resources: [industrialplcs]
  verbs: [create, patch, delete]
{{- end }}
