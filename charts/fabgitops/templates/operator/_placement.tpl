{{/* Where the operator's pods run, and what they see of the world there; given a dict of Values and selector, by which
they are found. Two keep away from each other's node, where there is another and nobody says otherwise. */}}

{{- define "fabgitops.placement" -}}
{{- include "fabgitops.nodes" . }}
{{- if .Values.hostNetwork }}
hostNetwork: true
{{- end }}
{{- with (default (ternary "ClusterFirstWithHostNet" "" (.Values.hostNetwork | default false)) .Values.dnsPolicy) }}
dnsPolicy: {{ . }}
{{- end }}
{{- $two := gt (int .Values.replicas) 1 }}
{{- if and $two (not .Values.affinity) }}
{{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" .selector) }}
{{- $apart := list (dict "weight" 100 "podAffinityTerm" $term) }}
affinity: {{ dict "podAntiAffinity" (dict "preferredDuringSchedulingIgnoredDuringExecution" $apart) | toJson }}
{{- end }}
{{- range $field := list "dnsConfig" "hostAliases" "affinity" "priorityClassName" "runtimeClassName" }}
{{- with get $.Values $field }}
{{ $field }}: {{ toJson . }}
{{- end }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- range . }}
  {{- if not (or .labelSelector $two) }}
  {{- fail (printf "topologySpreadConstraints: the one of %s has no labelSelector: there is one operator, which has no other pod of its own to be spread from; name by labelSelector the pods that it keeps away from" .topologyKey) }}
  {{- end }}
  {{- $usual := dict "maxSkew" 1 "whenUnsatisfiable" "ScheduleAnyway" "labelSelector" (dict "matchLabels" $.selector) }}
  - {{ toJson (merge (dict) . (ternary (omit $usual "labelSelector") $usual (hasKey . "labelSelector"))) }}
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
