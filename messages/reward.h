// Feedback on a decision or a conversation.
#pragma once

#include <cstdint>
#include <string>

namespace pith {

struct Reward {
  std::string event_id;      ///< 32 hex digits: hash of (decision or conversation, metric, source, client event id).
  std::string decision_id;   ///< Exactly one of decision_id and conversation is set.
  std::string conversation;
  std::string metric;        ///< "thumbs", "task", ...
  std::string source;
  double value = 0.0;        ///< As given; mapped to [0, 1] by the metric's range when joined.
  double weight = 1.0;
  std::int64_t t_us = 0;
  bool final = false;
};

}  // namespace pith
