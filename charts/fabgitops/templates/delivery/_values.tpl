{{/* What the operator of workloads has otherwise than that of PLCs: `delivery` goes before what is said for both. */}}

{{- define "fabgitops.delivery.name" -}}
{{- include "fabgitops.fullname" . | trunc 41 | trimSuffix "-" }}-delivery
{{- end }}

{{- define "fabgitops.delivery.serviceaccount" -}}
{{- if .Values.delivery.serviceAccount.create }}
{{- default (include "fabgitops.delivery.name" .) .Values.delivery.serviceAccount.name }}
{{- else }}
{{- required "delivery.serviceAccount.create is false: delivery.serviceAccount.name must say which service account to use" .Values.delivery.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "fabgitops.delivery.leasename" -}}
{{- default (include "fabgitops.delivery.name" .) .Values.delivery.settings.leaseName }}
{{- end }}

{{- define "fabgitops.delivery.values" -}}
{{- $values := merge (dict) .Values }}
{{- range $name, $value := pick .Values.delivery "replicas" "resources" "extraArgs" "extraEnv" "extraVolumes" "extraVolumeMounts" }}
{{- $_ := set $values $name $value }}
{{- end }}
{{- toYaml $values }}
{{- end }}

{{- define "fabgitops.delivery.settings" -}}
{{- $place := dict "kinds" "delivery" "leaseName" (include "fabgitops.delivery.leasename" .) "leaseNamespace" (include "fabgitops.leasenamespace" .) }}
{{- $own := dict }}
{{- range $name, $value := .Values.delivery.settings }}
{{- if and (not (kindIs "invalid" $value)) (ne (toString $value) "") }}
{{- $_ := set $own $name $value }}
{{- end }}
{{- end }}
{{- toYaml (merge $place $own (omit .Values.settings "settleSecs" "writesPerSecond" "writesPerSecondPerHost" "brakePercent" "brakeMin" "brakeWindowSecs" "brakeCorrectionsPerMinute" "audit" "auditSync" "auditKeyFile" "auditOutage" "auditFileMib" "auditKeep")) }}
{{- end }}
