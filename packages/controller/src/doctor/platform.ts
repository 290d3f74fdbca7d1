/** The system as far as commands differ that mend it. */
export interface Platform {
  readonly family: Family
  /** Of the distribution, such as `12`; empty if unknown. */
  readonly version: string
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly name: string
  /** `uname -r`. */
  readonly release: string
  readonly wsl: boolean
  readonly systemd: boolean
}

export type Family =
  | 'debian'
  | 'ubuntu'
  | 'fedora'
  | 'rhel'
  | 'arch'
  | 'alpine'
  | 'suse'
  | 'linux'
  | 'macos'
  | 'other'

export interface PlatformFacts {
  /** Of Node: `linux`, `darwin`, ... */
  readonly os: string
  readonly release: string
  /** The text of /etc/os-release; null if there is none. */
  readonly osRelease: string | null
  readonly systemd: boolean
}

const families: readonly Family[] = ['ubuntu', 'debian', 'fedora', 'rhel', 'arch', 'alpine', 'suse']

/** Pure. */
export function platformOf({ os, release, osRelease, systemd }: PlatformFacts): Platform {
  const wsl = /microsoft/i.test(release)
  if (os !== 'linux') {
    const family = os === 'darwin' ? 'macos' : 'other'
    return { family, version: '', name: os === 'darwin' ? 'macOS' : os, release, wsl, systemd }
  }
  const fields = new Map(
    (osRelease ?? '').split('\n').flatMap((line) => {
      const [, key, value] = /^([A-Z_]+)=["']?(.*?)["']?$/.exec(line.trim()) ?? []
      return key === undefined ? [] : [[key, value ?? ''] as const]
    }),
  )
  // Its own name first, then what it descends from: Linux Mint says `linuxmint` and `ubuntu debian`.
  const ids = `${fields.get('ID') ?? ''} ${fields.get('ID_LIKE') ?? ''}`.toLowerCase().split(/\s+/)
  const family = ids.flatMap((id) => families.find((known) => id.includes(known)) ?? [])[0] ?? 'linux'
  const version = fields.get('VERSION_ID') ?? ''
  return { family, version, name: fields.get('PRETTY_NAME') ?? 'Linux', release, wsl, systemd }
}

const dockerPackages: Readonly<Partial<Record<Family, string>>> = {
  ubuntu: 'sudo apt-get install docker.io docker-compose-v2 docker-buildx',
  debian: 'sudo apt-get install docker.io docker-cli docker-compose docker-buildx',
  fedora: 'sudo dnf install moby-engine docker-compose docker-buildx',
  arch: 'sudo pacman -S docker docker-compose docker-buildx',
  alpine: 'sudo apk add docker docker-cli-compose docker-cli-buildx',
  suse: 'sudo zypper install docker docker-compose docker-buildx',
}

/** How Docker with Compose v2 and buildx is installed. */
export function installDocker({ family, version, wsl }: Platform): string {
  if (family === 'macos') return 'install Docker Desktop: https://docs.docker.com/desktop'
  // Debian 12 and older have Docker, but neither Compose v2 nor buildx.
  const old = family === 'debian' && Number(version) > 0 && Number(version) < 13
  const command = old ? undefined : dockerPackages[family]
  const otherwise = `https://docs.docker.com/engine/install${old ? '/debian' : ''}`
  const found = command ?? `install Docker Engine with its plug-ins: ${otherwise}`
  return wsl
    ? `${found}; or switch on this distribution in Docker Desktop (Resources, WSL integration)`
    : found
}

export function startDocker({ family, wsl, systemd }: Platform): string {
  if (family === 'macos' || family === 'other') return 'start Docker Desktop'
  if (systemd) return 'sudo systemctl start docker'
  if (family === 'alpine') return 'sudo rc-service docker start'
  return wsl
    ? 'start Docker Desktop, or sudo service docker start'
    : 'sudo service docker start, or sudo dockerd'
}

/** How a kernel gets netem, if it can. `module`: the module is on the disk, but not loaded. */
export function installNetem({ family, release, wsl }: Platform, module: boolean): string | null {
  if (module) return 'sudo modprobe sch_netem'
  if (wsl || family === 'macos' || family === 'other') return null
  if (family === 'ubuntu') return 'sudo apt-get install linux-modules-extra-$(uname -r)'
  if (family === 'fedora' || family === 'rhel') return 'sudo dnf install kernel-modules-extra'
  if (family === 'debian' && release.includes('cloud'))
    return 'sudo apt-get install linux-image-amd64, then start that kernel'
  return null
}
