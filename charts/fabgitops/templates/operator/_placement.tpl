{{/* Where the operator's pod runs, and what it sees of the world there. */}}

{{- define "fabgitops.placement" -}}
{{- include "fabgitops.nodes" . }}
{{- if .Values.hostNetwork }}
hostNetwork: true
{{- end }}
{{- with (default (ternary "ClusterFirstWithHostNet" "" .Values.hostNetwork) .Values.dnsPolicy) }}
dnsPolicy: {{ . }}
{{- end }}
{{- range $field := list "dnsConfig" "hostAliases" "affinity" "priorityClassName" "runtimeClassName" }}
{{- with get $.Values $field }}
{{ $field }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- $selector := dict "matchLabels" (include "fabgitops.selector" (list $ "operator") | fromYaml) }}
  - {{ toJson (merge (dict) . (dict "labelSelector" $selector "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway")) }}
  {{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
volumes:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
