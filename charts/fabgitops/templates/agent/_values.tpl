{{/* What the agents of chaos experiments are called, and where they are. */}}

{{- define "fabgitops.agent.name" -}}
{{- include "fabgitops.fullname" . | trunc 44 | trimSuffix "-" }}-agent
{{- end }}

{{- define "fabgitops.agent.namespace" -}}
{{- default .Release.Namespace .Values.chaos.agent.namespace }}
{{- end }}

{{- define "fabgitops.agent.serviceaccount" -}}
{{- if .Values.chaos.agent.serviceAccount.create }}
{{- default (include "fabgitops.agent.name" .) .Values.chaos.agent.serviceAccount.name }}
{{- else }}
{{- required "chaos.agent.serviceAccount.create is false: chaos.agent.serviceAccount.name must say which service account to use" .Values.chaos.agent.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Whether there are agents. */}}
{{- define "fabgitops.agent.wanted" -}}
{{- if and .Values.chaos.enabled .Values.chaos.agent.enabled }}true{{ end }}
{{- end }}

{{- define "fabgitops.agent.settings" -}}
{{- $account := printf "system:serviceaccount:%s:%s" .Release.Namespace (include "fabgitops.chaos.serviceaccount" .) }}
{{- $place := dict "account" $account "leaseNamespace" (include "fabgitops.agent.namespace" .) }}
{{- toYaml (merge $place .Values.chaos.agent.settings (pick .Values.settings "logLevel" "logFormat")) }}
{{- end }}
