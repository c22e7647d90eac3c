{{- define "credence.labels" -}}
app.kubernetes.io/name: credence
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
