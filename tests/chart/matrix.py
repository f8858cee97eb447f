"""Values that the chart is rendered with: each feature on and off, alone and with others."""

from .helm import Values

PLC = """\
apiVersion: fabgitops.io/v1
kind: IndustrialPLC
metadata: {name: '{{ .Release.Name }}-mixer', namespace: line-1}
spec: {deviceAddress: 10.20.0.4, targetRegister: 4001, targetValue: 2500}
"""
NAMESPACES = ("line-1", "line-2", "grafana")  # that these values name

MATRIX: dict[str, Values] = {
    "defaults": {},
    "namespaces": {
        "watchNamespaces": ["line-1", "line-2"],
        "tlsSecrets": {"enabled": True, "names": ["plc-tls"]},
        "admissionPolicy": {"install": False},
        "approvalPolicy": {"install": False},
        "limitsPolicy": {"install": False},
        "crds": {"install": False},
        "rbac": {"aggregate": False},
    },
    "secrets": {"tlsSecrets": {"enabled": True}, "crds": {"keep": False}},
    "monitored": {
        "serviceMonitor": {
            "enabled": True,
            "labels": {"release": "prometheus"},
            "relabelings": [{"action": "labeldrop", "regex": "pod"}],
            "metricRelabelings": [{"action": "keep", "sourceLabels": ["__name__"], "regex": "fabgitops_.*"}],
        },
        "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
        "dashboards": {"enabled": True, "annotations": {"grafana_folder": "Plant"}},
    },
    "monitored by pod": {
        "podMonitor": {
            "enabled": True,
            "labels": {"release": "prometheus"},
            "relabelings": [{"action": "labeldrop", "regex": "pod"}],
            "metricRelabelings": [{"action": "keep", "sourceLabels": ["__name__"], "regex": "fabgitops_.*"}],
        },
        "prometheusRule": {
            "enabled": True,
            "runbookUrl": None,
            "alerts": {
                "FabGitOpsPLCUnreachable": {"for": "15m", "severity": "critical"},
                "FabGitOpsDriftRecurring": {"threshold": 20},
                "FabGitOpsPLCFlapping": {"enabled": False},
            },
        },
    },
    "fenced": {
        "networkPolicy": {"enabled": True, "metricsFrom": [{"podSelector": {}}], "extraEgress": [{}]},
        "plc": {"cidrs": ["10.20.0.0/16", "fd00::/8"], "ports": [502]},
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": "50%"},
        "mockPlc": {"enabled": True},
    },
    "fenced without extras": {
        "networkPolicy": {"enabled": True, "apiServer": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]},
        "plc": {"cidrs": ["10.20.0.0/16"]},
        "test": {"enabled": False},
        "serviceAccount": {"create": False, "name": "theirs"},
        "rbac": {"create": False},
        "replicas": 0,
    },
    "set-points": {
        "setpointRollouts": {
            "enabled": True,
            "permitGuard": False,
            "settings": {
                "bus": "https://sink.example.com/events",
                "busMode": "binary",
                "prometheus": "http://prometheus.monitoring:9090",
                "analysisSource": ["https://mes.example.com/lines/", "https://lab.example.com/"],
            },
        },
        "watchNamespaces": ["line-1"],
    },
    "racks": {
        "racks": {
            "enabled": True,
            "makePlcs": True,
            "bmcSecrets": {"enabled": True, "names": ["bmc"]},
            "settings": {"bus": "nats://nats.plant/events", "busCredentials": "/bus/creds"},
            "extraVolumes": [{"name": "bus", "secret": {"secretName": "bus"}}],
            "extraVolumeMounts": [{"name": "bus", "mountPath": "/bus"}],
            "bmcCidrs": ["10.30.0.0/16"],
            "extraEgress": [{"ports": [{"port": 4222}]}],
        },
        "watchNamespaces": ["line-1"],
        "networkPolicy": {"enabled": True},
        "plc": {"cidrs": ["10.20.0.0/16"]},
        "podDisruptionBudget": {"enabled": True},
        "podMonitor": {"enabled": True},
    },
    "two stacks": {
        "settings": {"metricsBind": "::"},
        "service": {"ipFamilyPolicy": "PreferDualStack", "ipFamilies": ["IPv4"]},
        "mockPlc": {"enabled": True},
    },
    "everything": {
        "fullnameOverride": "plant",
        "limits": [
            {"name": "all", "namespaces": ["*"], "modes": ["Warn", "Observe"]},
            {
                "name": "line-1",
                "namespaces": ["line-1", "line-2"],
                "cidrs": ["10.20.1.0/24", "2001:db8:20::/48"],
                "hostNames": ["plc-7.line-1"],
                "approval": "Manual",
                "windows": "required",
                "maxWritesPerHour": 4,
                "maxWritesPerDay": 20,
            },
        ],
        "commonLabels": {"team": "controls", "zone": "all"},
        "image": {"registry": "registry.example.com", "digest": "sha256:" + "a" * 64, "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "pull"}],
        "settings": {
            "metricsPort": 9090,
            "resyncSecs": 60.5,
            "deafSecs": 30.5,
            "controlPlaneGraceSecs": 600.5,
            "settleSecs": 0.5,
            "graceSecs": 2.5,
            "readOnly": True,
            "writesPerSecond": 2.5,
            "writesPerSecondPerHost": 1,
            "brakePercent": 33,
            "brakeMin": 3,
            "brakeWindowSecs": 2.5,
            "brakeCorrectionsPerMinute": 100,
            "allowCidr": ["10.20.0.0/16", "2001:db8:20::/48"],
            "audit": "/var/lib/fabgitops/audit",
            "auditSync": True,
            "auditOutage": "correct",
            "auditFileMib": 8,
            "auditKeep": 100,
            "logLevel": "debug",
            "logFormat": "text",
            "otlpEndpoint": "http://collector:4318/v1/traces?a={b},c=[d]&e=%20#f",
        },
        "audit": {"volume": {"persistentVolumeClaim": {"claimName": "audit"}}},
        "serviceAccount": {"name": "named", "annotations": {"a": "b"}},
        "service": {"annotations": {"a": "b"}, "port": 80},
        "resources": {"requests": {"ephemeral-storage": "1Mi"}, "limits": {"cpu": 2}},
        "podSecurityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None},
        "livenessProbe": {"initialDelaySeconds": 1},
        "extraEnv": [{"name": "TZ", "value": "UTC"}],
        "extraEnvFrom": [{"configMapRef": {"name": "more"}}],
        "extraVolumes": [{"name": "room", "emptyDir": {}}],
        "extraVolumeMounts": [{"name": "room", "mountPath": "/room"}],
        "extraContainers": [{"name": "beside", "image": "example.com/beside:1"}],
        "initContainers": [{"name": "before", "image": "example.com/before:1"}],
        "extraObjects": [PLC],
        "annotations": {"a": "b"},
        "podAnnotations": {"a": "b"},
        "podLabels": {"zone": "mixing"},
        "nodeSelector": {"zone": "plant"},
        "tolerations": [{"key": "plant", "operator": "Exists"}],
        "affinity": {"nodeAffinity": {}},
        "topologySpreadConstraints": [
            {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "historian"}}}
        ],
        "priorityClassName": "system-cluster-critical",
        "runtimeClassName": "gvisor",
        "hostNetwork": True,
        "dnsConfig": {"searches": ["plant.example.com"]},
        "hostAliases": [{"ip": "10.20.0.4", "hostnames": ["mixer"]}],
        "revisionHistoryLimit": 0,
        "dashboards": {"enabled": True, "namespace": "grafana"},
        "mockPlc": {"enabled": True, "args": ["--count=2"]},
    },
}
