{{/* Where the operator's pod runs, and what it sees of the world there. */}}

{{- define "fabgitops.placement" -}}
{{- include "fabgitops.nodes" . }}
{{- if .Values.hostNetwork }}
hostNetwork: true
{{- end }}
{{- with (default (ternary "ClusterFirstWithHostNet" "" (.Values.hostNetwork | default false)) .Values.dnsPolicy) }}
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
  {{- if not .labelSelector }}
  {{- fail (printf "topologySpreadConstraints: the one of %s has no labelSelector: there is one operator, which has no other pod of its own to be spread from; name by labelSelector the pods that it keeps away from" .topologyKey) }}
  {{- end }}
  - {{ toJson (merge (dict) . (dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway")) }}
  {{- end }}
{{- end }}
volumes:
  {{- if include "fabgitops.memory" . }}
  - name: fabgitops-tmp
    emptyDir: {medium: Memory, sizeLimit: 1Mi}
  {{- end }}
  {{- with .Values.extraVolumes }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Whether /tmp is memory of ours, for keys that OpenSSL takes from files only: not where somebody mounts it otherwise. */}}
{{- define "fabgitops.memory" -}}
{{- $theirs := list }}
{{- range .Values.extraVolumeMounts }}
{{- $theirs = append $theirs (clean .mountPath) }}
{{- end }}
{{- if not (has "/tmp" $theirs) }}true{{ end }}
{{- end }}
