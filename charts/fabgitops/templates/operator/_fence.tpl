{{/* What every operator is held to: the API server, DNS, and who scrapes it; given a dict of root, component and name.
Further egress follows it. */}}

{{- define "fabgitops.fence" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "fabgitops.labels" (list .root .component) | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "fabgitops.selector" (list .root .component) | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports:
        - {port: metrics, protocol: TCP}
      {{- with .root.Values.networkPolicy.metricsFrom }}
      from:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  egress:
    # The API server.
    - ports:
        {{- range .root.Values.networkPolicy.apiServerPorts }}
        - {port: {{ . }}, protocol: TCP}
        {{- end }}
      {{- with .root.Values.networkPolicy.apiServer }}
      to:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    # DNS.
    - ports:
        - {port: 53, protocol: UDP}
        - {port: 53, protocol: TCP}
      to:
        {{- toYaml .root.Values.networkPolicy.dns | nindent 8 }}
{{- end }}
