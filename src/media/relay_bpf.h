/* What the program in the kernel (relay.bpf.c) and the media thread (kernel_relay.cpp) share. Plain C; both are built
 * for the same machine. Addresses and ports are in network order, everything else in the machine's. */
#pragma once
#include <linux/bpf.h>
#include <linux/types.h>

/* Where packets arrive: our end of a leg. IPv4 in the first word, the rest 0. */
struct relay_key {
  __u32 address[4];
  __u16 port;
  __u16 family; /* AF_INET or AF_INET6 */
};

/* What happens to packets of one direction, and what happened. */
struct relay_rule {
  struct bpf_spin_lock lock; /* for all below `state` */
  __u16 from_port;           /* the only source whose packets are taken */
  __u16 source_port;         /* our end of the other leg */
  __u16 target_port;
  __u8 type_in, type_out; /* RTP payload types of the audio */
  __u32 from_address[4];
  __u32 source_address[4];
  __u32 target_address[4];
  __u32 interface;          /* index; where it leaves */
  __u32 ssrc_in, ssrc_out;  /* network order */
  __u32 timestamp_shift;    /* added, modulo 2^32 */
  __u16 sequence_shift;     /* added, modulo 2^16 */
  __u8 traffic_class;       /* of the packets sent */
  __u8 to_self;             /* leaves by the loopback interface */
  __u32 nanoseconds_a_tick; /* of the RTP clock */

  __u64 highest;  /* sequence number, unwrapped as in rtp::SequenceTracker */
  __u64 seen;     /* bit n: highest - n was received */
  __u64 last_at;  /* CLOCK_MONOTONIC, ns; 0: nothing since the rule was made */
  __u64 packets, octets;
  __u64 repeated; /* dropped: seen before */
  __u32 jitter_q4, transit;
  __u32 timestamp; /* of `highest`, as it came */
  __u32 has_transit;
};

/* The one entry of the map `alive`: until when the process answers for its rules (CLOCK_MONOTONIC, ns). */
