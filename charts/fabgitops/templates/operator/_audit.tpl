{{/* What the records of writes need of a pod: settings, volumes and mounts beside those that are given. */}}

{{- define "fabgitops.audit" -}}
{{- $to := .Values.settings.audit }}
{{- $folder := and $to (ne $to "stdout") }}
{{- $settings := dict }}
{{- $volumes := list }}
{{- $mounts := list }}
{{- if .Values.audit.volume }}
{{- if not $folder }}
{{- fail "audit.volume is for a folder of records: settings.audit must say which, such as /var/lib/fabgitops/audit" }}
{{- end }}
{{- $volumes = append $volumes (merge (dict "name" "fabgitops-audit") .Values.audit.volume) }}
{{- $mounts = append $mounts (dict "name" "fabgitops-audit" "mountPath" $to) }}
{{- else if and $folder (not .Values.extraVolumeMounts) }}
{{- fail (printf "settings.audit is the folder %s, and a pod has none to write to: audit.volume must say on which volume it is" $to) }}
{{- end }}
{{- if .Values.audit.keySecret }}
{{- if not $to }}
{{- fail "audit.keySecret seals records of writes: settings.audit must say where they go" }}
{{- end }}
{{- if not .Values.settings.auditKeyFile }}
{{- $settings = dict "auditKeyFile" "/etc/fabgitops/audit/key" }}
{{- end }}
{{- $volumes = append $volumes (dict "name" "fabgitops-audit-key" "secret" (dict "secretName" .Values.audit.keySecret)) }}
{{- $mounts = append $mounts (dict "name" "fabgitops-audit-key" "mountPath" "/etc/fabgitops/audit" "readOnly" true) }}
{{- end }}
{{- toYaml (dict "settings" $settings "volumes" $volumes "mounts" $mounts) }}
{{- end }}
