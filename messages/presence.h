// What peers tell each other about themselves: the value types behind schema/ready.fbs and
// schema/heartbeat.fbs.
#pragma once

#include <cstdint>
#include <string>

namespace pith {

/// A compressor presents itself to a peer and grants it credit.
struct Ready {
  std::uint64_t instance = 0;  ///< Random, new with each process: a change means that it restarted.
  std::string service;         ///< "compressd"
  std::uint32_t credit = 0;    ///< Requests in flight granted to this peer.
  std::string policy;          ///< Id of the champion.
  std::uint32_t max_tokens = 0;  ///< 0: no limit but the message's size.
  friend bool operator==(const Ready&, const Ready&) = default;
};

/// On the wire: append, never renumber.
enum class PeerState : std::uint8_t {
  kServing = 1,
  kDraining = 2,  ///< Finishes what it has and answers Busy to anything new.
};

struct Heartbeat {
  std::uint64_t instance = 0;
  std::uint64_t seq = 0;
  std::uint32_t in_flight = 0;
  std::uint32_t credit = 0;
  PeerState state = PeerState::kServing;
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

}  // namespace pith
