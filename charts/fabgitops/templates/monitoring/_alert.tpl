{{/* A rule as the values want it, nothing where they want none; given a dict of rule, values and texts (alerts.yaml). */}}
{{- define "fabgitops.alert" -}}
{{- $rule := .rule }}
{{- $given := dict }}
{{- if $rule.alert }}
{{- $given = get (.values.alerts | default dict) $rule.alert | default dict }}
{{- $text := get .texts $rule.alert }}
{{- $page := $rule.annotations.runbook_url | base | trimSuffix ".md" }}
{{- $for := $given.for | default (get $rule "for") }}
{{- $limit := kindIs "invalid" $given.threshold | ternary $text.threshold $given.threshold | toString }}
{{- $filled := dict }}
{{- range $field := list "expr" "summary" "description" }}
{{- $_ := set $filled $field (get $text $field | replace "$FOR" $for | replace "$THRESHOLD" $limit) }}
{{- end }}
{{- $links := ternary (dict "runbook_url" (.values.runbookUrl | default "" | replace "%s" $page)) dict (not (empty .values.runbookUrl)) }}
{{- $annotations := merge (dict "summary" $filled.summary "description" $filled.description) $links }}
{{- $labels := dict "severity" ($given.severity | default $rule.labels.severity) }}
{{- $rule = merge (dict "expr" $filled.expr "for" $for "labels" $labels "annotations" $annotations) (omit $rule "annotations") }}
{{- end }}
{{- if kindIs "invalid" $given.enabled | ternary true $given.enabled }}
{{- toYaml $rule }}
{{- end }}
{{- end }}
