{{- define "virtcast.labels" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "virtcast.container" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "virtcast.pods" -}}
namespaceSelector: {}
podSelector:
  matchLabels: {{- toYaml . | nindent 4 }}
{{- end }}

{{- /* Of a path, a port and how Prometheus asks. With TLS or a password only the port is tried: a kubelet has neither. */}}
{{- define "virtcast.probe" -}}
{{- if index . 2 -}}
tcpSocket: {port: {{ index . 1 }}}
{{- else -}}
httpGet: {path: {{ index . 0 }}, port: {{ index . 1 }}}
{{- end }}
{{- end }}
