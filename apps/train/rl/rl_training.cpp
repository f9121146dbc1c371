#include "apps/train/rl/rl_training.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "apps/eval/prompts.h"
#include "apps/train/rl/task_reward.h"
#include "stages/network/counter_random.h"
#include "stages/select/word_value.h"

namespace pith {
namespace {

constexpr double kKlFactor = 1.5;  ///< How fast the divergence's weight adapts.

double share(double part, double whole) { return whole > 0 ? part / whole : 0.0; }

std::uint64_t default_every(std::uint64_t steps) { return std::max<std::uint64_t>(1, steps / 5); }

/// A passage with its annotated words, as the network reads it.
Episode labelled_episode(const TrainablePolicy& policy, std::span<const float> parameters,
                         const LabelledText& labelled, EncoderTape& tape) {
  Episode episode;
  std::vector<Word> words;
  for (const ByteSpan& word : labelled.words) words.push_back({word.begin, word.end, word.end});
  episode.text = policy.read(labelled.text, std::move(words));
  episode.labels = labelled.labels;
  episode.piece_logits = policy.piece_logits(parameters, episode.text, tape);
  episode.z = policy.word_scores(episode.text, episode.piece_logits);
  return episode;
}

}  // namespace

RlTraining::RlTraining(const RlOptions& options, const TrainablePolicy& policy, AnswerBook& book,
                       std::shared_ptr<const TokenCounter> counter, std::vector<TaskRecord> records,
                       std::vector<TaskRecord> valid, std::vector<LabelledText> labelled,
                       const Progress& progress)
    : options_(options),
      policy_(policy),
      book_(book),
      counter_(std::move(counter)),
      records_(std::move(records)),
      valid_(std::move(valid)),
      labelled_(std::move(labelled)),
      progress_(progress),
      order_(records_.size(), options.batch, options.seed),
      moving_(options.times.size()),
      kl_weight_(options.band.kl) {
  if (labelled_.empty()) return;
  label_order_.emplace(labelled_.size(), options.batch, options.seed + 5);
  shares_ = label_shares(labelled_);
  find_gap();
}

std::uint64_t RlTraining::calls_of_record() const {
  const bool taco = options_.method == RlMethod::kTaco;
  const bool served = !taco && options_.band.baseline == RlBaseline::kSelfCritical;
  return (taco ? 1 : options_.band.samples) + (served ? 1 : 0) +
         (options_.against == RewardAgainst::kFull ? 1 : 0);
}

std::uint64_t RlTraining::planned_steps() const {
  if (options_.steps > 0) return options_.steps;
  const std::uint64_t a_step = calls_of_record() * options_.batch;
  return std::max<std::uint64_t>(1, options_.reader_calls / std::max<std::uint64_t>(1, a_step));
}

StepBatch RlTraining::batch(std::uint64_t step, std::span<const float> parameters) {
  StepBatch made;
  const std::uint64_t every =
      options_.valid_every > 0 ? options_.valid_every : default_every(planned_steps());
  if (measures() && step % every == 0) {
    if (const auto measured = measure(step, parameters); !measured) {
      made.failed = measured.error();
      return made;
    }
  }
  if (options_.method == RlMethod::kFurther) {
    draw_further(step, parameters);
  } else {
    draw(step, parameters);
  }
  const Result<bool> rewarded = reward();
  if (!rewarded) {
    made.failed = rewarded.error();
    return made;
  }
  if (!*rewarded) {
    made.stop = true;
    return made;
  }
  learn();
  made.num_items = episodes_.size();
  made.num_targets = static_cast<double>(episodes_.size());
  for (const Episode& episode : episodes_) {
    made.num_tokens += static_cast<double>(episode.piece_logits.size());
  }
  made.work = [this, parameters](std::size_t item, EncoderTape& tape, std::span<float> gradients) {
    const Episode& episode = episodes_[item];
    policy_.backward(parameters, episode.text, episode.dpieces, tape, gradients);
    return episode.loss;
  };
  return made;
}

PolicyText RlTraining::read(const TaskRecord& record) const {
  return policy_.read(record.text, *counter_,
                      options_.use_query ? std::string_view(record.question) : std::string_view());
}

void RlTraining::draw(std::uint64_t step, std::span<const float> parameters) {
  const auto batch = order_.batch(step);
  episodes_.assign(batch.size(), {});
  const bool wants_reference = options_.method == RlMethod::kBand && options_.band.kl > 0.0;
  tbb::parallel_for(std::size_t{0}, batch.size(), [&](std::size_t i) {
    thread_local EncoderTape tape;
    Episode& episode = episodes_[i];
    episode.record = batch[i];
    episode.text = read(records_[batch[i]]);
    if (episode.text.segment.origin_tokens > options_.longest) {
      return;
    }
    episode.piece_logits = policy_.piece_logits(parameters, episode.text, tape);
    episode.z = policy_.word_scores(episode.text, episode.piece_logits);
    const std::uint64_t seed = random_bits(options_.seed + 3, step * 65536 + i);
    if (options_.method == RlMethod::kTaco) {
      episode.piece_logits =
          TrainablePolicy::whole_logits(episode.text, std::move(episode.piece_logits));
      draw_taco(options_.taco, *counter_, seed, episode);
      return;
    }
    for (const float z : episode.z) episode.slope.push_back(worth_slope(z));
    episode.z = value_scores(episode.text, std::move(episode.z));
    draw_band(options_.band, options_.times, *counter_, seed, episode);
    if (!wants_reference || episode.drawn.empty()) return;
    // Nobody adds to the map meanwhile.
    if (const auto known = reference_z_.find(batch[i]); known != reference_z_.end()) {
      episode.reference_z = known->second;
    } else {
      episode.reference_z = value_scores(
          episode.text,
          policy_.word_scores(episode.text,
                              policy_.piece_logits(policy_.weights(), episode.text, tape)));
    }
  });
  for (const Episode& episode : episodes_) {
    if (!episode.reference_z.empty()) reference_z_.emplace(episode.record, episode.reference_z);
  }
}

Result<bool> RlTraining::reward() {
  std::vector<std::string> prompts;
  std::vector<std::pair<DrawnText*, const TaskRecord*>> asked;
  const auto add = [&](DrawnText& drawn, const TaskRecord& record) {
    if (!drawn.asked) return;
    prompts.push_back(task_prompt(options_.task, record, drawn.kept.text));
    asked.emplace_back(&drawn, &record);
  };
  for (Episode& episode : episodes_) {
    const TaskRecord& record = records_[episode.record];
    for (DrawnText& drawn : episode.drawn) add(drawn, record);
    if (episode.served) add(*episode.served, record);
  }
  const bool against_full = options_.against == RewardAgainst::kFull;
  for (std::size_t i = 0; against_full && i < asked.size(); ++i) {
    const TaskRecord& record = *asked[i].second;
    prompts.push_back(task_prompt(options_.task, record, record.text));
  }
  const std::uint64_t calls = book_.calls(AnswerUse::kLearning);
  if (calls + book_.num_new(prompts, options_.soft) > options_.reader_calls) return false;
  const auto answers = book_.ask(prompts, AnswerUse::kLearning, options_.soft);
  if (!answers) return answers.error();
  for (std::size_t i = 0; i < asked.size(); ++i) {
    auto& [drawn, record] = asked[i];
    const AnswerBook::Answer& answer = (*answers)[i];
    if (answer.empty()) continue;
    if (!against_full) {
      drawn->reward = gold_reward(options_.metric, options_.task, *record, answer);
    } else if (const AnswerBook::Answer& full = (*answers)[asked.size() + i]; !full.empty()) {
      drawn->reward = agreement(options_.metric, options_.task, *record, answer, full.front().text);
    }
  }
  return true;
}

void RlTraining::find_gap() {
  constexpr std::size_t kTexts = 100;
  std::vector<float> z;
  std::vector<KeepLabel> labels;
  EncoderTape tape;
  for (std::size_t i = 0; i < std::min(kTexts, labelled_.size()); ++i) {
    const Episode episode = labelled_episode(policy_, policy_.weights(), labelled_[i], tape);
    z.insert(z.end(), episode.z.begin(), episode.z.end());
    labels.insert(labels.end(), episode.labels.begin(), episode.labels.end());
  }
  gap_ = best_gap(z, labels);
}

void RlTraining::draw_further(std::uint64_t step, std::span<const float> parameters) {
  const auto records = order_.batch(step);
  const auto passages = label_order_->batch(step);
  episodes_.assign(records.size() + passages.size(), {});
  tbb::parallel_for(std::size_t{0}, episodes_.size(), [&](std::size_t i) {
    thread_local EncoderTape tape;
    if (i >= records.size()) {
      episodes_[i] =
          labelled_episode(policy_, parameters, labelled_[passages[i - records.size()]], tape);
      return;
    }
    Episode& episode = episodes_[i];
    episode.record = records[i];
    episode.text = read(records_[records[i]]);
    if (episode.text.segment.origin_tokens > options_.longest) {
      return;
    }
    episode.labels =
        own_labels(policy_.word_scores(episode.text,
                                       policy_.piece_logits(policy_.weights(), episode.text, tape)),
                   shares_);
    episode.piece_logits = policy_.piece_logits(parameters, episode.text, tape);
    episode.z = policy_.word_scores(episode.text, episode.piece_logits);
  });
}

void RlTraining::learn() {
  EpisodeCounts counts;
  if (options_.method == RlMethod::kFurther) {
    for (Episode& episode : episodes_) learn_further(gap_, episode, counts);
    since_record_ += counts;
    return;
  }
  if (options_.method == RlMethod::kTaco) {
    for (Episode& episode : episodes_) learn_taco(options_.taco, episode, counts);
    since_record_ += counts;
    return;
  }
  std::vector<double> rewards;
  for (const Episode& episode : episodes_) {
    for (const DrawnText& drawn : episode.drawn) {
      if (drawn.reward) rewards.push_back(*drawn.reward);
    }
  }
  const double deviation = reward_deviation(rewards);
  for (Episode& episode : episodes_) {
    learn_band(options_.band, deviation, moving_.of(episode.rate), kl_weight_, episode, counts);
  }
  // The baseline knows no reward that it is compared with.
  for (const Episode& episode : episodes_) {
    for (const DrawnText& drawn : episode.drawn) {
      if (drawn.reward) moving_.add(episode.rate, *drawn.reward);
    }
  }
  if (options_.band.kl_target > 0.0 && counts.num_words > 0) {
    const double divergence = counts.kl / counts.num_words;
    if (divergence > kKlFactor * options_.band.kl_target) kl_weight_ *= kKlFactor;
    if (divergence < options_.band.kl_target / kKlFactor) kl_weight_ /= kKlFactor;
    kl_weight_ = std::clamp(kl_weight_, options_.band.kl / 100.0, options_.band.kl * 100.0);
  }
  since_record_ += counts;
}

Result<Done> RlTraining::measure(std::uint64_t step, std::span<const float> parameters) {
  const std::size_t num_rates = options_.times.size();
  std::vector<std::string> prompts(valid_.size() * num_rates);
  tbb::parallel_for(std::size_t{0}, valid_.size(), [&](std::size_t i) {
    thread_local EncoderTape tape;
    const PolicyText text = read(valid_[i]);
    const auto z =
        value_scores(text, policy_.word_scores(text, policy_.piece_logits(parameters, text, tape)));
    for (std::size_t rate = 0; rate < num_rates; ++rate) {
      const std::string shortened =
          text.num_words() == 0
              ? text.text
              : kept_within(text, z, tokens_at(text, options_.times[rate]), *counter_).text;
      prompts[i * num_rates + rate] = task_prompt(options_.task, valid_[i], shortened);
    }
  });
  const auto answers = book_.ask(prompts, AnswerUse::kMeasuring);
  if (!answers) return answers.error();
  std::vector<double> sums(num_rates);
  std::vector<double> counts(num_rates);
  for (std::size_t i = 0; i < answers->size(); ++i) {
    if ((*answers)[i].empty()) continue;
    sums[i % num_rates] +=
        gold_reward(options_.metric, options_.task, valid_[i / num_rates], (*answers)[i]);
    counts[i % num_rates] += 1;
  }
  double mean = 0;
  std::string line = "held out at step " + std::to_string(step) + ":";
  measured_ = ",\"valid_step\":" + std::to_string(step);
  for (std::size_t rate = 0; rate < num_rates; ++rate) {
    const double value = share(sums[rate], counts[rate]);
    mean += value / static_cast<double>(num_rates);
    char text[96];
    std::snprintf(text, sizeof text, "  %gx %.4f", options_.times[rate], value);
    line += text;
    std::snprintf(text, sizeof text, ",\"valid_%gx\":%.5f", options_.times[rate], value);
    measured_ += text;
  }
  char text[96];
  std::snprintf(text, sizeof text, "  mean %.4f", mean);
  progress_(line + text);
  std::snprintf(text, sizeof text, ",\"valid\":%.5f", mean);
  measured_ += text;
  valid_last_ = mean;
  if (step == 0) valid_first_ = mean;
  if (mean > valid_best_) {
    valid_best_ = mean;
    best_step_ = step;
    return policy_.write(best_folder(), parameters);
  }
  return Done{};
}

std::vector<double> RlTraining::numbers() const {
  std::vector<double> numbers = {static_cast<double>(book_.calls(AnswerUse::kLearning)),
                                 static_cast<double>(book_.calls(AnswerUse::kMeasuring)),
                                 kl_weight_,
                                 valid_first_,
                                 valid_best_,
                                 valid_last_,
                                 static_cast<double>(best_step_)};
  for (const double mean : moving_.means()) numbers.push_back(mean);
  for (const std::uint64_t count : moving_.counts()) {
    numbers.push_back(static_cast<double>(count));
  }
  return numbers;
}

void RlTraining::restore(std::span<const double> numbers) {
  book_.restore(static_cast<std::uint64_t>(numbers[0]), static_cast<std::uint64_t>(numbers[1]));
  kl_weight_ = numbers[2];
  valid_first_ = numbers[3];
  valid_best_ = numbers[4];
  valid_last_ = numbers[5];
  best_step_ = static_cast<std::uint64_t>(numbers[6]);
  const std::size_t num_rates = options_.times.size();
  for (std::size_t i = 0; i < num_rates; ++i) {
    moving_.means()[i] = numbers[7 + i];
    moving_.counts()[i] = static_cast<std::uint64_t>(numbers[7 + num_rates + i]);
  }
}

std::string RlTraining::record() {
  const EpisodeCounts& counts = since_record_;
  std::string members;
  if (counts.num_labelled > 0) {
    since_record_ = {};
    members.swap(measured_);
    return members;
  }
  if (counts.num_texts == 0) {
    members.swap(measured_);
    return members;
  }
  char text[512];
  std::snprintf(
      text, sizeof text,
      ",\"reward\":%.5f,\"inside\":%.4f,\"spread\":%.5f,\"kl\":%.6f,\"kl_weight\":%.5g,"
      "\"entropy\":%.5f,\"kept\":%.5f,\"kept_of_wanted\":%.5f,\"calls\":%llu,"
      "\"valid_calls\":%llu,\"reader_s\":%.2f",
      share(counts.reward, counts.num_texts), share(counts.num_inside, counts.num_texts),
      share(counts.spread, counts.num_records), share(counts.kl, counts.num_words), kl_weight_,
      share(counts.entropy, counts.num_words), share(counts.kept_tokens, counts.origin_tokens),
      share(counts.kept_tokens, counts.wanted_tokens),
      static_cast<unsigned long long>(book_.calls(AnswerUse::kLearning)),
      static_cast<unsigned long long>(book_.calls(AnswerUse::kMeasuring)), book_.seconds());
  members = text + measured_;
  if (options_.method == RlMethod::kBand) {
    // There is no gate.
    const std::size_t at = members.find(",\"inside\"");
    members.erase(at, members.find(',', at + 1) - at);
  }
  since_record_ = {};
  measured_.clear();
  return members;
}

std::string RlTraining::words() const {
  const EpisodeCounts& counts = since_record_;
  if (options_.method == RlMethod::kFurther) return "";
  char text[256];
  std::snprintf(text, sizeof text,
                "  reward %.4f  spread %.4f  kl %.4f  entropy %.3f  kept %.3f  calls %llu of %llu",
                share(counts.reward, counts.num_texts), share(counts.spread, counts.num_records),
                share(counts.kl, counts.num_words), share(counts.entropy, counts.num_words),
                share(counts.kept_tokens, counts.origin_tokens),
                static_cast<unsigned long long>(book_.calls(AnswerUse::kLearning)),
                static_cast<unsigned long long>(options_.reader_calls));
  return text;
}

}  // namespace pith
