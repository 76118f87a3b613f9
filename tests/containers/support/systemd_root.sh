#!/bin/sh
# systemd_root.sh FOLDER SITE_PACKAGES BINARY DEPLOY: becomes systemd, as PID 1 of a root of its own. Called in new mount,
# process, control group and network namespaces, as root. What it writes goes to memory and is gone with it.
set -eu
folder=$1 packages=$2 binary=$3 deploy=$4
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
root=$folder/root

app=$root/srv/app
mkdir -p "$app/.venv/bin" "$app/.venv/lib" "$root/usr/local/bin"
for package in gunicorn packaging pkg_resources setuptools; do # what gunicorn imports, of any version
  [ ! -d "$packages/$package" ] || cp -r "$packages/$package" "$app/.venv/lib"
done
cat > "$app/.venv/bin/gunicorn" << 'PYTHON'
#!/usr/bin/python3
import sys
sys.path.insert(0, '/srv/app/.venv/lib')
from gunicorn.app.wsgiapp import run
run()
PYTHON
chmod 755 "$app/.venv/bin/gunicorn"
cp "$binary" "$root/usr/local/bin/gunicorn-autoscaler"
chmod 755 "$root/usr/local/bin/gunicorn-autoscaler"

mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
ip link set lo up

# Only the units under test, and none that would touch this machine's devices.
units=$root/etc/systemd/system
mount -t tmpfs -o mode=755 tmpfs "$units"
for wants in "$root"/lib/systemd/system/*.target.wants; do mount -t tmpfs -o ro tmpfs "$wants"; done
cp "$deploy"/gunicorn-autoscaler.service "$deploy"/gunicorn-autoscaler.socket "$units"
# There is no journal: a file has the log. A minute without a sign of life would make a long test.
mkdir "$units/gunicorn-autoscaler.service.d"
cat > "$units/gunicorn-autoscaler.service.d/test.conf" << 'UNIT'
[Service]
StandardOutput=append:/run/service.log
StandardError=append:/run/service.log
WatchdogSec=4
UNIT
cd /
exec env -i container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  chroot "$root" /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --show-status=no
