{{/* What rollouts of set-points take: the same as in `fabgitops-operator manifests --with-setpoint-rollouts`, which a test compares. */}}

{{- define "fabgitops.setpoints.rules" -}}
- apiGroups: [fabgitops.io]
  resources: [setpointrollouts, analysistemplates]
  verbs: [get, list, watch]
- apiGroups: [fabgitops.io]
  resources: [setpointrollouts/status, analysistemplates/status]
  verbs: [patch]
- apiGroups: [fabgitops.io]
  resources: [industrialplcs]
  verbs: [patch]
{{- end }}

{{/* The settings that come with them, of which the empty ones are left out. */}}
{{- define "fabgitops.setpoints.settings" -}}
{{- $settings := dict }}
{{- if .Values.setpointRollouts.enabled }}
{{- $_ := set $settings "setpointRollouts" true }}
{{- range $name, $value := .Values.setpointRollouts.settings }}
{{- if and (not (kindIs "invalid" $value)) (ne (toString $value) "") }}
{{- $_ := set $settings $name $value }}
{{- end }}
{{- end }}
{{- end }}
{{- toYaml $settings }}
{{- end }}
