{{/* A CustomResourceDefinition of the chart; given a list of the root and its file. */}}

{{- define "fabgitops.definition" -}}
{{- $root := first . }}
{{- $labels := include "fabgitops.labels" (list $root "crds") | nindent 4 }}
{{- $keep := ternary "\n  annotations:\n    helm.sh/resource-policy: keep" "" $root.Values.crds.keep }}
{{- $root.Files.Get (last .) | replace "\nmetadata:\n" (printf "\nmetadata:%s\n  labels:%s\n" $keep $labels) }}
{{- end }}
