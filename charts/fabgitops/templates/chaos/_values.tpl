{{/* What the operator of chaos experiments has otherwise than that of PLCs: `chaos` goes before what is said for both. */}}

{{- define "fabgitops.chaos.name" -}}
{{- include "fabgitops.fullname" . | trunc 44 | trimSuffix "-" }}-chaos
{{- end }}

{{- define "fabgitops.chaos.serviceaccount" -}}
{{- if .Values.chaos.serviceAccount.create }}
{{- default (include "fabgitops.chaos.name" .) .Values.chaos.serviceAccount.name }}
{{- else }}
{{- required "chaos.serviceAccount.create is false: chaos.serviceAccount.name must say which service account to use" .Values.chaos.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "fabgitops.chaos.leasename" -}}
{{- default (include "fabgitops.chaos.name" .) .Values.chaos.settings.leaseName }}
{{- end }}

{{/* Where a pod finds the token that agents are shown: it is made for them, and opens nothing else. */}}
{{- define "fabgitops.chaos.tokens" -}}/var/run/secrets/fabgitops-agent{{- end }}

{{- define "fabgitops.chaos.values" -}}
{{- $values := merge (dict) .Values }}
{{- range $name, $value := pick .Values.chaos "replicas" "resources" "extraArgs" "extraEnv" "extraVolumes" "extraVolumeMounts" }}
{{- $_ := set $values $name $value }}
{{- end }}
{{- if .Values.chaos.agent.enabled }}
{{- $token := dict "audience" "fabgitops-agent" "expirationSeconds" 600 "path" "token" }}
{{- $volume := dict "name" "fabgitops-agent-token" "projected" (dict "sources" (list (dict "serviceAccountToken" $token))) }}
{{- $mount := dict "name" "fabgitops-agent-token" "mountPath" (include "fabgitops.chaos.tokens" .) "readOnly" true }}
{{- $_ := set $values "extraVolumes" (prepend (default list .Values.chaos.extraVolumes) $volume) }}
{{- $_ := set $values "extraVolumeMounts" (prepend (default list .Values.chaos.extraVolumeMounts) $mount) }}
{{- end }}
{{- toYaml $values }}
{{- end }}

{{- define "fabgitops.chaos.settings" -}}
{{- $place := dict "kinds" "chaos" "leaseName" (include "fabgitops.chaos.leasename" .) "leaseNamespace" (include "fabgitops.leasenamespace" .) }}
{{- if .Values.chaos.agent.enabled }}
{{- $_ := set $place "agentNamespace" (include "fabgitops.agent.namespace" .) }}
{{- $_ := set $place "agentTokenFile" (printf "%s/token" (include "fabgitops.chaos.tokens" .)) }}
{{- end }}
{{- $own := dict }}
{{- range $name, $value := .Values.chaos.settings }}
{{- if and (not (kindIs "invalid" $value)) (ne (toString $value) "") }}
{{- $_ := set $own $name $value }}
{{- end }}
{{- end }}
{{- toYaml (merge $place $own (omit .Values.settings "settleSecs" "writesPerSecond" "writesPerSecondPerHost" "brakePercent" "brakeMin" "brakeWindowSecs" "brakeCorrectionsPerMinute" "audit" "auditSync" "auditKeyFile" "auditOutage" "auditFileMib" "auditKeep")) }}
{{- end }}
