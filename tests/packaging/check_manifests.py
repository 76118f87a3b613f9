"""Validates Kubernetes manifests against the schemas that kubernetes-validate ships; others must be well-formed YAML."""
import sys

import kubernetes_validate
import yaml

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for manifest in yaml.safe_load_all(file):
            if "keda.sh" in str(manifest.get("apiVersion")) or "kind" not in manifest:
                continue
            kubernetes_validate.validate(manifest, "1.37", strict=True)
            print("valid", manifest["kind"])
