// What the log's tests share: sample events, and an append that waits for its acknowledgement.
#pragma once

#include <future>
#include <memory>
#include <string>

#include "messages/ids.h"
#include "messages/log/log.h"
#include "tests/temporary_dir.h"

namespace pith {

/// Ids have 36 characters and sort by number.
inline std::string id_of(std::uint32_t number) {
  std::string digits = std::to_string(number);
  return "0190b5a0-7c3e-7d4f-8a1b-" + std::string(12 - digits.size(), '0') + digits;
}

inline Decision sample_decision(std::uint32_t number, DecisionKind kind = DecisionKind::kGreedy) {
  Decision decision;
  decision.decision_id = id_of(number);
  decision.conversation = std::string(31, 'c') + std::to_string(number % 3);
  decision.tenant = number % 2 == 0 ? "even" : "odd";
  decision.t_us = 1'700'000'000'000'000 + std::int64_t{number} * 1'000'000;
  decision.kind = kind;
  decision.api = "openai-chat";
  decision.model = "some-model";
  decision.policy = std::string(64, 'a');
  decision.status = "compressed";
  decision.target_rate = 0.5F;
  decision.tokens_before = 1000 + number;
  decision.tokens_after = 600 + number;
  decision.new_tokens_before = 500;
  decision.new_tokens_after = 250;
  decision.num_texts = 7;
  decision.num_new = 2;
  decision.queue_us = 11;
  decision.compute_us = 222;
  decision.total_us = 3333;
  return decision;
}

inline Reward sample_reward(std::uint32_t number) {
  Reward reward;
  reward.decision_id = id_of(number);
  reward.metric = "thumbs";
  reward.source = "user";
  reward.event_id =
      event_id(reward.decision_id, reward.metric, reward.source, std::to_string(number));
  reward.value = 1.0;
  reward.t_us = 1'700'000'100'000'000 + number;
  return reward;
}

inline Result<bool> append_now(Log& log, Reward reward) {
  std::promise<Result<bool>> promise;
  log.append(std::move(reward), [&](Result<bool> is_new) { promise.set_value(std::move(is_new)); });
  return promise.get_future().get();
}

inline bool same(const Decision& a, const Decision& b) {
  return a.decision_id == b.decision_id && a.conversation == b.conversation &&
         a.tenant == b.tenant && a.t_us == b.t_us && a.kind == b.kind && a.api == b.api &&
         a.model == b.model && a.policy == b.policy && a.status == b.status &&
         a.target_rate == b.target_rate && a.tokens_before == b.tokens_before &&
         a.tokens_after == b.tokens_after && a.new_tokens_before == b.new_tokens_before &&
         a.new_tokens_after == b.new_tokens_after && a.num_texts == b.num_texts &&
         a.num_new == b.num_new && a.queue_us == b.queue_us && a.compute_us == b.compute_us &&
         a.total_us == b.total_us;
}

}  // namespace pith
