import { describe, expect, it } from 'vitest'
import {
  installDocker,
  installNetem,
  type Platform,
  platformOf,
  startDocker,
} from '../../src/doctor/platform.ts'

const bookworm = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
`
const linux = (osRelease: string | null, release = '6.8.0-45-generic', systemd = true): Platform =>
  platformOf({ os: 'linux', release, osRelease, systemd })

describe('the system', () => {
  it.each([
    ['Debian', bookworm, { family: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)' }],
    ['Ubuntu', 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', { family: 'ubuntu', version: '24.04' }],
    ['a descendant', 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', { family: 'ubuntu' }],
    ['Rocky', 'ID="rocky"\nID_LIKE="rhel centos fedora"\n', { family: 'rhel' }],
    ['openSUSE', "ID='opensuse-tumbleweed'\nID_LIKE='opensuse suse'\n", { family: 'suse' }],
    ['something else', 'ID=slackware\n', { family: 'linux', name: 'Linux' }],
    ['nothing', null, { family: 'linux', version: '' }],
    ['garbage', '=\n\u0000\nID\n', { family: 'linux' }],
  ])('is told by what %s writes of itself', (_, osRelease, found) => {
    expect(linux(osRelease)).toMatchObject({ wsl: false, ...found })
  })

  it('may be a guest of Windows, or no Linux at all', () => {
    const release = '5.15.153.1-microsoft-standard-WSL2'
    expect(linux('ID=ubuntu\n', release)).toMatchObject({ family: 'ubuntu', wsl: true })
    const mac = platformOf({ os: 'darwin', release: '23.5.0', osRelease: null, systemd: false })
    expect(mac).toMatchObject({ family: 'macos', name: 'macOS', wsl: false })
    expect(startDocker(mac)).toBe('start Docker Desktop')
    expect(installDocker(mac)).toContain('Docker Desktop')
  })
})

describe('what mends it', () => {
  it('is the command of the distribution; an old Debian has no Compose v2 of its own', () => {
    expect(installDocker(linux(bookworm))).toContain('https://docs.docker.com/engine/install/debian')
    expect(installDocker(linux(bookworm.replaceAll('12', '13')))).toBe(
      'sudo apt-get install docker.io docker-cli docker-compose docker-buildx',
    )
    expect(installDocker(linux('ID=arch\n'))).toContain('pacman')
    expect(installDocker(linux('ID=slackware\n'))).toContain('https://docs.docker.com/engine/install')
    expect(installDocker(linux('ID=ubuntu\n', '5.15-microsoft-standard'))).toMatch(
      /^sudo apt-get .*WSL integration/,
    )
  })

  it('starts the daemon as this machine starts services', () => {
    expect(startDocker(linux(bookworm))).toBe('sudo systemctl start docker')
    expect(startDocker(linux(bookworm, '6.1', false))).toContain('sudo service docker start')
    expect(startDocker(linux('ID=alpine\n', '6.6', false))).toBe('sudo rc-service docker start')
  })

  it('brings netem where a package has it, and says nothing where none has', () => {
    expect(installNetem(linux(bookworm), true)).toBe('sudo modprobe sch_netem')
    expect(installNetem(linux(bookworm, '6.1.0-28-cloud-amd64'), false)).toContain('linux-image-amd64')
    expect(installNetem(linux(bookworm), false)).toBeNull()
    expect(installNetem(linux('ID=ubuntu\n'), false)).toContain('linux-modules-extra')
    expect(installNetem(linux('ID=fedora\n'), false)).toContain('kernel-modules-extra')
    expect(installNetem(linux('ID=ubuntu\n', '5.15-microsoft'), false)).toBeNull()
  })
})
