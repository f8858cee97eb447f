{{/* What the operator of racks has otherwise than that of PLCs: `racks` goes before what is said for both. */}}

{{- define "fabgitops.racks.name" -}}
{{- include "fabgitops.fullname" . | trunc 44 | trimSuffix "-" }}-racks
{{- end }}

{{- define "fabgitops.racks.serviceaccount" -}}
{{- if .Values.racks.serviceAccount.create }}
{{- default (include "fabgitops.racks.name" .) .Values.racks.serviceAccount.name }}
{{- else }}
{{- required "racks.serviceAccount.create is false: racks.serviceAccount.name must say which service account to use" .Values.racks.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "fabgitops.racks.leasename" -}}
{{- default (include "fabgitops.racks.name" .) .Values.racks.settings.leaseName }}
{{- end }}

{{- define "fabgitops.racks.values" -}}
{{- $values := merge (dict) .Values }}
{{- range $name, $value := pick .Values.racks "replicas" "resources" "extraArgs" "extraEnv" "extraVolumes" "extraVolumeMounts" }}
{{- $_ := set $values $name $value }}
{{- end }}
{{- toYaml $values }}
{{- end }}

{{- define "fabgitops.racks.settings" -}}
{{- $place := dict "kinds" "racks" "leaseName" (include "fabgitops.racks.leasename" .) "leaseNamespace" (include "fabgitops.leasenamespace" .) }}
{{- $own := dict }}
{{- range $name, $value := .Values.racks.settings }}
{{- if and (not (kindIs "invalid" $value)) (ne (toString $value) "") }}
{{- $_ := set $own $name $value }}
{{- end }}
{{- end }}
{{- toYaml (merge $place $own (omit .Values.settings "settleSecs" "writesPerSecond" "writesPerSecondPerHost" "brakePercent" "brakeMin" "brakeWindowSecs" "brakeCorrectionsPerMinute" "audit" "auditSync" "auditKeyFile" "auditOutage" "auditFileMib" "auditKeep")) }}
{{- end }}
