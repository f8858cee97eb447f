{{/* How a ServiceMonitor or PodMonitor scrapes the operator; given the values of the one. */}}
{{- define "fabgitops.endpoint" -}}
port: metrics
path: /metrics
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
# The label namespace is the PLC's, and must stay so.
honorLabels: true
{{- with .relabelings }}
relabelings: {{ toJson . }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings: {{ toJson . }}
{{- end }}
{{- end }}
