"""Validates Kubernetes manifests against the schemas that kubernetes-validate ships. One line a manifest:
`valid KIND`; a KEDA object, which those schemas do not know, as `other JSON`. What has no kind must be
well-formed YAML."""
import json
import sys

import kubernetes_validate
import yaml

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for manifest in yaml.safe_load_all(file):
            if "kind" not in manifest:
                continue
            if "keda.sh" in str(manifest.get("apiVersion")):
                print("other", json.dumps(manifest))
                continue
            kubernetes_validate.validate(manifest, "1.37", strict=True)
            print("valid", manifest["kind"])
