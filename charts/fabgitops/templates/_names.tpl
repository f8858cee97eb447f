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

{{/* Given a list of the root, the component and, if need be, further labels; what selectors look for outdoes those. */}}
{{- define "fabgitops.labels" -}}
{{- $root := first . }}
{{- $selected := include "fabgitops.selector" (list $root (index . 1)) | fromYaml }}
{{- $plain := dict
  "app.kubernetes.io/version" ($root.Chart.AppVersion | replace "+" "_")
  "app.kubernetes.io/part-of" "fabgitops"
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63)
}}
{{- $further := ternary (last .) (dict) (gt (len .) 2) | default dict }}
{{- toYaml (merge (dict) $selected $further ($root.Values.commonLabels | default dict) $plain) }}
{{- end }}

{{/* The kinds of IP addresses that a Service has. */}}
{{- define "fabgitops.families" -}}
{{- with .Values.service.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.service.ipFamilies }}
ipFamilies: {{ toJson . }}
{{- end }}
{{- end }}

{{/* Which nodes a pod of this chart may run on, whatever runs in it. */}}
{{- define "fabgitops.nodes" -}}
enableServiceLinks: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toJson . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{ toJson . }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{ toJson . }}
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

{{/* The Lease of the operators of this release: who shares it takes turns. */}}
{{- define "fabgitops.leasename" -}}
{{- default (include "fabgitops.fullname" .) .Values.settings.leaseName }}
{{- end }}

{{- define "fabgitops.leasenamespace" -}}
{{- default .Release.Namespace .Values.settings.leaseNamespace }}
{{- end }}

{{/* The operators of this release: by component the name of its objects. */}}
{{- define "fabgitops.operators" -}}
operator: {{ include "fabgitops.fullname" . }}
{{- if .Values.racks.enabled }}
racks: {{ include "fabgitops.racks.name" . }}
{{- end }}
{{- if .Values.delivery.enabled }}
delivery: {{ include "fabgitops.delivery.name" . }}
{{- end }}
{{- if .Values.delivery.argo.enabled }}
argo: {{ include "fabgitops.argo.name" . }}
{{- end }}
{{- if .Values.chaos.enabled }}
chaos: {{ include "fabgitops.chaos.name" . }}
{{- end }}
{{- end }}
