import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { describeDocker } from './docker.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

/** The firewall but for its counters, the interfaces, forwarding, mounts and processes of a machine. */
const look = `
look() {
  for table in filter nat raw; do
    iptables-save -t $table | grep -v '^#' | sed 's/ *[[].*//'
    ip6tables-save -t $table | grep -v '^#' | sed 's/ *[[].*//'
  done
  ip -o address | cut -d' ' -f2-7
  cat /proc/sys/net/ipv4/ip_forward
  grep -v /sys/fs/cgroup /proc/mounts
  ps -e -o comm= | sort | grep -E 'docker|containerd|runc|sleep' || true
}`

/** An engine with its own files and its own network, as on a machine that has none; a container runs when it ends. */
const session = (end: string): string => `
set -euo pipefail
${look}
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/lib/docker
ip link set lo up
iptables -A INPUT -s 192.0.2.1/32 -j ACCEPT
ip link add br-0123456789ab type bridge
look >/run/before
docker/engine start
tar -c --dereference -C / bin/sleep $(ldd /bin/sleep | grep -o '/[^ ]*' | sed 's,^/,,') 2>/dev/null | docker import - tiny >/dev/null
docker network create one >/dev/null
docker run --detach --publish 127.0.0.1:8080:80 --network one tiny /bin/sleep 1000 >/dev/null
look >/run/during
${end}
docker/engine stop
look >/run/after
echo "changed $(diff /run/before /run/during | grep -c DOCKER)"
diff /run/before /run/after
docker/engine stop
echo same`

const describeRoot = process.getuid?.() === 0 ? describeDocker : describe.skip

function inNamespaces(script: string) {
  const { XDG_RUNTIME_DIR: _, ...env } = process.env
  const own = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child']
  return spawnSync('unshare', [...own, 'bash', '-c', script], { cwd: root, encoding: 'utf8', env })
}

describeRoot('docker/engine stop', () => {
  it.each([
    ['an engine that runs', ''],
    ['an engine that was killed', 'kill -9 "$(cat /run/groundwork-engine/pid)"'],
  ])('leaves nothing of %s but its images', (_, end) => {
    const { stdout, stderr } = inNamespaces(session(end))
    expect(stdout, stderr).toMatch(/^changed [1-9]\d*\nsame\n$/)
  })
})
