{{/* What the operator of Argo Rollouts' kinds has otherwise than that of workloads: its name, account, Lease, and whose label. */}}

{{- define "fabgitops.argo.name" -}}
{{- include "fabgitops.fullname" . | trunc 41 | trimSuffix "-" }}-argo
{{- end }}

{{- define "fabgitops.argo.serviceaccount" -}}
{{- if .Values.delivery.argo.serviceAccount.create }}
{{- default (include "fabgitops.argo.name" .) .Values.delivery.argo.serviceAccount.name }}
{{- else }}
{{- required "delivery.argo.serviceAccount.create is false: delivery.argo.serviceAccount.name must say which service account to use" .Values.delivery.argo.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "fabgitops.argo.values" -}}
{{- include "fabgitops.delivery.values" . }}
{{- end }}

{{- define "fabgitops.argo.settings" -}}
{{- $own := dict "kinds" "argo" "argoInstanceId" .Values.delivery.argo.instanceId "leaseName" (include "fabgitops.argo.name" .) }}
{{- toYaml (merge $own (include "fabgitops.delivery.settings" . | fromYaml)) }}
{{- end }}
