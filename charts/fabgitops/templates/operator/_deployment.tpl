{{/* A Deployment of one family of kinds; given a dict of root, component, name, account, settings and
values, which are those of the chart as this family has them. */}}

{{- define "fabgitops.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "fabgitops.labels" (list .root .component) | nindent 4 }}
  {{- with .values.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  replicas: {{ .values.replicas }}
  {{- if not (kindIs "invalid" .values.revisionHistoryLimit) }}
  revisionHistoryLimit: {{ .values.revisionHistoryLimit }}
  {{- end }}
  {{- if gt (int .values.replicas) 1 }}
  # One after the other: while one is replaced the other holds the Lease, or takes it.
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxSurge: 0, maxUnavailable: 1}
  {{- else }}
  # The old operator ends, and releases its Lease, before the new one begins: that one need not wait for it.
  strategy:
    type: Recreate
  {{- end }}
  selector:
    matchLabels:
      {{- include "fabgitops.selector" (list .root .component) | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "fabgitops.labels" (list .root .component .values.podLabels) | nindent 8 }}
      annotations:
        {{- merge (dict) (.values.podAnnotations | default dict) (dict "kubectl.kubernetes.io/default-container" "operator") | toYaml | nindent 8 }}
    spec:
      serviceAccountName: {{ .account }}
      automountServiceAccountToken: true
      terminationGracePeriodSeconds: {{ add (ceil .settings.graceSecs) 10 }}
      {{- with .values.podSecurityContext }}
      securityContext:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .values.initContainers }}
      initContainers:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: operator
          image: {{ include "fabgitops.image" (list .root .values.image) | quote }}
          {{- with .values.image.pullPolicy }}
          imagePullPolicy: {{ . }}
          {{- end }}
          args:
            - run
            {{- range .values.watchNamespaces }}
            - {{ printf "--namespace=%s" . | quote }}
            {{- end }}
            {{- range $name, $value := .settings }}
            {{- range $each := kindIs "slice" $value | ternary $value (list $value) }}
            - {{ printf "--%s=%v" (kebabcase $name) $each | quote }}
            {{- end }}
            {{- end }}
            {{- range $argument := .values.extraArgs }}
            {{- range $name, $_ := merge (dict "namespace" "") $.settings }}
            {{- if eq (first (splitList "=" $argument)) (printf "--%s" (kebabcase $name)) }}
            {{- fail (printf "extraArgs: %s is given already: set %s" $argument (get (dict "namespace" "watchNamespaces" "setpointRollouts" "setpointRollouts.enabled") $name | default (printf "settings.%s" $name))) }}
            {{- end }}
            {{- end }}
            - {{ $argument | quote }}
            {{- end }}
          {{- with .values.extraEnv }}
          env:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .values.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - name: metrics
              containerPort: {{ .settings.metricsPort }}
              protocol: TCP
          {{- range $probe, $path := dict "startupProbe" "/healthz" "livenessProbe" "/healthz" "readinessProbe" "/readyz" }}
          {{- $times := get $.values $probe }}
          {{- if kindIs "map" $times }}
          {{ $probe }}:
            {{- merge (dict "httpGet" (dict "path" $path "port" "metrics")) $times | toYaml | nindent 12 }}
          {{- end }}
          {{- end }}
          {{- with .values.securityContext }}
          securityContext:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- with .values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- if or .values.extraVolumeMounts (include "fabgitops.memory" (dict "Values" .values)) }}
          volumeMounts:
            {{- if include "fabgitops.memory" (dict "Values" .values) }}
            - {name: fabgitops-tmp, mountPath: /tmp}
            {{- end }}
            {{- with .values.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- end }}
        {{- with .values.extraContainers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- include "fabgitops.placement" (dict "Values" .values "selector" (include "fabgitops.selector" (list .root .component) | fromYaml)) | nindent 6 }}
{{- end }}
