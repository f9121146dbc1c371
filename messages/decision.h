// One decision: what was compressed first in one request, with what was really sent. No prompt text.
#pragma once

#include <cstdint>
#include <string>

namespace pith {

/// On the wire and in the log: append, never renumber.
enum class DecisionKind : std::uint8_t {
  kGreedy = 1, kExplore = 2, kShadow = 3, kApprentice = 4, kGuard = 5, kHoldout = 6, kBypass = 7, kReuse = 8,
};

struct Decision {
  std::string decision_id;   ///< UUIDv7, 36 characters.
  std::string conversation;  ///< Keyed hash, 32 hex digits.
  std::string tenant;        ///< Keyed hash, 32 hex digits, or a configured name.
  std::int64_t t_us = 0;     ///< Unix time.
  DecisionKind kind = DecisionKind::kGreedy;
  std::string api;           ///< "openai-chat".
  std::string model;
  std::string policy;        ///< Id; empty for bypass.
  std::string status;        ///< Value of x-pith-status: "compressed", "bypass:deadline_exceeded", ...
  float target_rate = 0.0F;
  std::uint32_t tokens_before = 0, tokens_after = 0;  ///< Of all editable texts of the request.
  std::uint32_t new_tokens_before = 0, new_tokens_after = 0;  ///< Of the texts first compressed here.
  std::uint32_t num_texts = 0, num_new = 0;
  std::uint32_t queue_us = 0, compute_us = 0, total_us = 0;
};

}  // namespace pith
