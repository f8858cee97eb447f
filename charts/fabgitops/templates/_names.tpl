{{/* The names, labels and images that several templates share. */}}

{{- define "fabgitops.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" }}
{{- end }}

{{- define "fabgitops.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Objects outside namespaces carry the release's namespace in their name: the same release may stand in two. */}}
{{- define "fabgitops.clustername" -}}
{{- printf "%s-%s" .Release.Namespace (include "fabgitops.fullname" .) }}
{{- end }}

{{- define "fabgitops.serviceaccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "fabgitops.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.create is false: serviceAccount.name must say which service account to use" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Given a list of the root and the component. */}}
{{- define "fabgitops.selector" -}}
{{- $root := first . -}}
app.kubernetes.io/name: {{ include "fabgitops.name" $root }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
{{- end }}

{{- define "fabgitops.labels" -}}
{{- $root := first . -}}
{{- include "fabgitops.selector" . }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: fabgitops
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Given a list of the root and the image. */}}
{{- define "fabgitops.image" -}}
{{- $image := last . -}}
{{- $name := list $image.registry $image.repository | compact | join "/" -}}
{{- if $image.digest }}{{ $name }}@{{ $image.digest }}{{ else }}{{ $name }}:{{ default (first .).Chart.AppVersion $image.tag }}{{ end }}
{{- end }}

{{/* Where helm test declares its PLC: a namespace that the operator looks after. */}}
{{- define "fabgitops.testnamespace" -}}
{{- if or (not .Values.watchNamespaces) (has .Release.Namespace .Values.watchNamespaces) }}{{ .Release.Namespace }}{{ else }}{{ first .Values.watchNamespaces }}{{ end }}
{{- end }}
