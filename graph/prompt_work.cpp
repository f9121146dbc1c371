#include "graph/prompt_work.h"

#include <algorithm>
#include <cmath>

#include "stages/select/select_stage.h"

namespace pith {
namespace {

std::uint32_t microseconds(GraphClock::duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(us, 0, UINT32_MAX));
}

/// Texts that nothing is dropped from by score: they need no probabilities.
bool needs_score(const TokenizedSegment& segment, const CompressOptions& options) {
  return options.prose && !segment.skip && !segment.words.empty();
}

/// One deadline for the whole batch: the latest, so that an early one does not take the others down
/// with it. A cancel flag can only be handed on when the batch is its prompt alone.
ScoreLimits limits_of(std::span<const Edge<TokenizedWork>> batch) {
  ScoreLimits limits{.deadline = GraphClock::time_point::min(), .cancelled = nullptr};
  for (const Edge<TokenizedWork>& prompt : batch) {
    limits.deadline = std::max(limits.deadline, prompt->admitted->job.deadline);
  }
  if (batch.size() == 1) limits.cancelled = batch[0]->admitted->job.cancelled.get();
  return limits;
}

bool probabilities(const std::vector<float>& keep_prob, std::size_t num_words) {
  return keep_prob.size() == num_words &&
         std::all_of(keep_prob.begin(), keep_prob.end(),
                     [](float p) { return std::isfinite(p) && p >= 0.0F && p <= 1.0F; });
}

}  // namespace

std::optional<Error> stop_reason(const AdmittedPrompt& prompt) {
  if (prompt.job.cancelled != nullptr && prompt.job.cancelled->load(std::memory_order_relaxed)) {
    return Error{ErrorCode::kCancelled, "cancelled before it was done"};
  }
  if (GraphClock::now() >= prompt.job.deadline) {
    return Error{ErrorCode::kDeadlineExceeded, "deadline passed before it was done"};
  }
  return std::nullopt;
}

Result<TokenizedWork> tokenize_prompt(const TokenizeStage& tokenize,
                                      Edge<AdmittedPrompt> admitted) {
  if (admitted->policy == nullptr)
    return Error{ErrorCode::kUnknownPolicy, "the wanted policy is not loaded"};
  const auto started_at = GraphClock::now();
  Result<TokenizedPrompt> prompt = tokenize(admitted->job.request, admitted->policy->tokenizer());
  if (!prompt) return prompt.error();
  TokenizedWork work{.admitted = std::move(admitted),
                     .prompt = std::move(*prompt),
                     .num_tokens = 0,
                     .started_at = started_at,
                     .tokenized_at = GraphClock::now()};
  for (const TokenizedSegment& segment : work.prompt.segments) {
    // A policy without pieces of its own counts by words.
    work.num_tokens += std::max(segment.pieces.size(), segment.words.size());
  }
  return work;
}

std::vector<Result<ScoredWork>> score_batch(std::span<const Edge<TokenizedWork>> batch) {
  const auto started_at = GraphClock::now();
  std::vector<ScoreItem> items;
  for (const Edge<TokenizedWork>& work : batch) {
    const CompressRequest& request = *work->admitted->job.request;
    for (std::size_t i = 0; i < work->prompt.segments.size(); ++i) {
      const TokenizedSegment& segment = work->prompt.segments[i];
      if (!needs_score(segment, request.options)) continue;
      items.push_back(
          {.text = segment.structure.seen(request.segments[i].text),
           .segment = &segment,
           .query = request.segments[i].query,
           .limits = {work->admitted->job.deadline, work->admitted->job.cancelled.get()},
           .keep_prob = {}});
    }
  }
  Result<Done> scored = Done{};
  if (!items.empty()) scored = batch[0]->admitted->policy->score(items, limits_of(batch));
  const auto scored_at = GraphClock::now();

  std::vector<Result<ScoredWork>> results;
  results.reserve(batch.size());
  std::size_t next_item = 0;
  for (const Edge<TokenizedWork>& work : batch) {
    ScoredWork out{
        .tokenized = work, .keep_prob = {}, .started_at = started_at, .scored_at = scored_at};
    bool good = true;
    bool stopped = false;
    for (const TokenizedSegment& segment : work->prompt.segments) {
      if (needs_score(segment, work->admitted->job.request->options)) {
        stopped = stopped || items[next_item].stopped;
        out.keep_prob.push_back(std::move(items[next_item++].keep_prob));
        good = good && probabilities(out.keep_prob.back(), segment.words.size());
      } else {
        out.keep_prob.emplace_back(segment.words.size(), 1.0F);
      }
    }
    if (!scored) {
      results.emplace_back(scored.error());
    } else if (stopped) {
      results.emplace_back(stop_reason(*work->admitted)
                               .value_or(Error{ErrorCode::kCancelled, "cancelled while scoring"}));
    } else if (!good) {
      results.emplace_back(Error{ErrorCode::kInternal, "policy " + work->admitted->policy->name() +
                                                           " gave no probabilities"});
    } else {
      results.emplace_back(std::move(out));
    }
  }
  return results;
}

CompressReply select_prompt(const ScoredWork& scored) {
  const auto started_at = GraphClock::now();
  const TokenizedWork& work = *scored.tokenized;
  const CompressRequest& request = *work.admitted->job.request;
  CompressReply reply;
  reply.id = request.id;
  reply.policy = work.admitted->policy->id();
  reply.policy_name = work.admitted->policy->name();
  reply.segments.reserve(request.segments.size());
  for (std::size_t i = 0; i < request.segments.size(); ++i) {
    const Segment& segment = request.segments[i];
    reply.segments.push_back(select_words(segment.text, segment.kind, work.prompt.segments[i],
                                          scored.keep_prob[i], *work.prompt.reader,
                                          request.options));
  }
  reply.queue_us =
      microseconds((work.started_at - work.admitted->admitted_at) +
                   (scored.started_at - work.tokenized_at) + (started_at - scored.scored_at));
  reply.compute_us =
      microseconds((work.tokenized_at - work.started_at) + (scored.scored_at - scored.started_at) +
                   (GraphClock::now() - started_at));
  return reply;
}

}  // namespace pith
