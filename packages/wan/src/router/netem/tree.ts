import { assert } from '@groundwork/primitives'
import type { Link } from '../../link-table.ts'
import { copyingOptions, cutOptions, heldBackOptions, orderedOptions, share32 } from './leaf.ts'

/**
 * The tc tree of one router interface, towards one node:
 *
 *     1: tbf      cuts large packets of segmentation offload into single ones; its rate limits nothing
 *     └ 2: htb    one class per sender, found by source address; no bandwidth is shared out
 *       ├ 2:n     sender n: netem, or one that drops everything while the link is cut
 *       └ 2:80n   sender n's packets that are held back, once the link has reordered; netem
 *
 * Copies come from a device of their own, through which a link's packets go first (`copies`): kernels of 2025 and
 * later refuse a netem that duplicates in a tree with other netems.
 */
export interface Branch {
  readonly device: string
  /** Number of the sender, from 1. */
  readonly sender: number
  /** Of the sender, IPv4. */
  readonly address: string
  readonly cut: boolean
  readonly options: string
  /** Null until the link reorders for the first time; later it stays, for what it still holds. */
  readonly heldBack: { readonly options: string; readonly share: number } | null
  /** Null until the link duplicates for the first time. */
  readonly copies: { readonly device: string; readonly ratio: number } | null
}

export interface Commands {
  /** Lines for `ip -batch`, to be run before those for `tc -batch`. */
  readonly ip: readonly string[]
  readonly tc: readonly string[]
}

export interface Place {
  readonly device: string
  readonly sender: number
  readonly address: string
  /** Of the device for copies, unless the kernel cannot make any. */
  readonly copiesDevice: string
}

export const sendersMax = 0x7ff

/** An ethernet header on top of the MTU. */
const linkHeaderBytes = 14
const huge = 'rate 1tbit'
const classOptions = 'htb rate 100gbit burst 1mb cburst 1mb quantum 60000'
/** Handles of netem: two per class, for a leaf is replaced by one of another handle, and dropped with what it holds. */
const handles = { open: 0x1000, cut: 0x2000, heldBackOpen: 0x3000, heldBackCut: 0x4000 }
const heldBackClass = 0x800
/** Of filters; the lower is asked first. */
const priorities = { heldBack: 0, copies: 0x1000, sender: 0x4000 }

/** What a link needs at its place; `before`: what stands there. */
export function branch(place: Place, link: Link, before: Branch | null = null): Branch {
  const { device, sender, address } = place
  assert(sender > 0 && sender <= sendersMax, `bad sender: ${sender}`)
  const { reorderRatio, duplicateRatio } = link
  const idle = before?.heldBack ?? null
  // Who has been to the device for copies passes the filters again: twice the chance to be held back, and who is held
  // back the first time is not copied.
  const share = duplicateRatio > 0 ? 1 - Math.sqrt(1 - reorderRatio) : reorderRatio
  const copied = duplicateRatio > 0 ? Math.min(1, duplicateRatio / (1 - share)) : 0
  return {
    device,
    sender,
    address,
    cut: link.cut !== 'open',
    options: orderedOptions(link),
    heldBack: share > 0 ? { options: heldBackOptions(link), share } : idle && { ...idle, share: 0 },
    copies: copied > 0 || before?.copies ? { device: place.copiesDevice, ratio: copied } : null,
  }
}

/** The trunk of an interface's tree; `mtu` in bytes. */
export function trunkCommands(device: string, mtu: number): string[] {
  return [segmenter(device, mtu), `qdisc add dev ${device} parent 1:1 handle 2: htb default 0`]
}

/** Leads from one state of a branch to another without touching what stays; `before` null: there is none yet. */
export function branchCommands(before: Branch | null, after: Branch, mtu: number): Commands {
  const ip: string[] = []
  const tc: string[] = []
  const { device, sender } = after
  const parent = `dev ${device} parent 2:`

  if (before === null) tc.push(classCommand(device, sender))
  tc.push(...leafCommands(device, sender, [handles.open, handles.cut], before, after))
  if (before === null) {
    const filter = `u32 match ip src ${after.address}/32 flowid 2:${hex(sender)}`
    tc.push(`filter add ${parent} protocol ip prio ${priorities.sender} ${filter}`)
  }

  if (after.heldBack !== null) {
    const number = heldBackClass + sender
    const old = before?.heldBack ? { cut: before.cut, options: before.heldBack.options } : null
    const held = { cut: after.cut, options: after.heldBack.options }
    if (old === null) tc.push(classCommand(device, number))
    tc.push(...leafCommands(device, sender, [handles.heldBackOpen, handles.heldBackCut], old, held))
    const shareBefore = before?.heldBack?.share ?? 0
    const at = `${parent} protocol ip prio ${priorities.heldBack + sender}`
    if (after.heldBack.share === 0 && shareBefore > 0) tc.push(`filter del ${at}`)
    else if (after.heldBack.share !== shareBefore) {
      const program = chanceProgram(after.address, after.heldBack.share)
      tc.push(`filter replace ${at} handle 1 bpf bytecode '${program}' flowid 2:${hex(number)}`)
    }
  }

  if (after.copies !== null) {
    const { device: via, ratio } = after.copies
    const ratioBefore = before?.copies?.ratio ?? 0
    const netem = `dev ${via} parent 1:1 handle 2: netem ${copyingOptions(ratio)}`
    if (!before?.copies) {
      ip.push(`link add ${via} numtxqueues 1 mtu ${mtu} type ifb`, `link set ${via} up`)
      tc.push(segmenter(via, mtu), `qdisc add ${netem}`)
    } else if (ratio !== ratioBefore && ratio > 0) tc.push(`qdisc change ${netem}`)
    const at = `${parent} protocol ip prio ${priorities.copies + sender}`
    if (ratio === 0 && ratioBefore > 0) tc.push(`filter del ${at}`)
    else if (ratio > 0 && ratioBefore === 0) {
      const filter = `u32 match ip src ${after.address}/32 flowid 2:${hex(sender)}`
      tc.push(`filter add ${at} ${filter} action mirred egress redirect dev ${via}`)
    }
  }
  return { ip, tc }
}

/** Of the leaf in which a sender's packets in order, or those held back, wait now. */
export function leafHandle({ cut, sender }: Branch, heldBack: boolean): string {
  const { open, cut: closed, heldBackOpen, heldBackCut } = handles
  const first = heldBack ? (cut ? heldBackCut : heldBackOpen) : cut ? closed : open
  return `${hex(first + sender)}:`
}

interface Leaf {
  readonly cut: boolean
  readonly options: string
}

function leafCommands(
  device: string,
  sender: number,
  [open, closed]: readonly [number, number],
  before: Leaf | null,
  after: Leaf,
): string[] {
  const same = before !== null && before.cut === after.cut
  // The options of a link that is cut matter again when it is healed.
  if (same && (after.cut || before.options === after.options)) return []
  const number = open === handles.open ? sender : heldBackClass + sender
  const handle = `${hex((after.cut ? closed : open) + sender)}:`
  const verb = before === null ? 'add' : same ? 'change' : 'replace'
  const options = after.cut ? cutOptions : after.options
  return [`qdisc ${verb} dev ${device} parent 2:${hex(number)} handle ${handle} netem ${options}`]
}

function classCommand(device: string, number: number): string {
  return `class add dev ${device} parent 2: classid 2:${hex(number)} ${classOptions}`
}

/** tbf splits what is larger than its bucket, and drops what it cannot split. */
function segmenter(device: string, mtu: number): string {
  return `qdisc add dev ${device} root handle 1: tbf ${huge} burst ${mtu + linkHeaderBytes}b limit 1gb`
}

/** Classic BPF: whether the packet comes from this address and a random word is below the share. */
function chanceProgram(address: string, share: number): string {
  const source = address.split('.').reduce((word, octet) => word * 256 + Number(octet), 0)
  const networkHeader = 0xfff0_0000
  const randomWord = 0xffff_f038
  const program = [
    [0x20, 0, 0, networkHeader + 12],
    [0x15, 0, 3, source],
    [0x20, 0, 0, randomWord],
    [0x35, 1, 0, share32(share)],
    [0x06, 0, 0, 0xffff_ffff],
    [0x06, 0, 0, 0],
  ]
  return `${program.length},${program.map((line) => line.join(' ')).join(',')}`
}

function hex(number: number): string {
  return number.toString(16)
}
