#include "apps/proxy/request_editor.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <map>
#include <utility>

#include "apps/providers/json_string.h"
#include "apps/proxy/conversation_id.h"
#include "apps/proxy/request_id.h"
#include "apps/proxy/shortened_text.h"
#include "apps/proxy/target_texts.h"
#include "messages/ids.h"

namespace pith {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kFeedbackDays = 7;

std::int64_t unix_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::uint64_t microseconds_since(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - start).count());
}

/// Counting endpoints stand for the request that follows: same conversation, same forms.
std::string_view conversation_api(Api api) {
  if (api == Api::kAnthropicCountTokens) return to_string(Api::kAnthropicMessages);
  if (api == Api::kGeminiCountTokens) return to_string(Api::kGeminiGenerate);
  return to_string(api);
}

/// What a compressor gave for one text, as the form to send: raw when nothing was gained or the
/// answer is wrong.
SentForm form_of(const SegmentReply& reply, std::string_view text, const std::string& decision_id) {
  SentForm form;
  form.decision_id = decision_id;
  form.origin_tokens = reply.origin_tokens;
  form.compressed_tokens = reply.origin_tokens;
  if (shortened_text(reply, text).empty()) return form;
  form.raw = false;
  form.kept = reply.kept;
  form.markers = reply.markers;
  form.compressed_tokens = reply.compressed_tokens;
  return form;
}

SentForm raw_form(std::uint32_t tokens, const std::string& decision_id) {
  SentForm form;
  form.origin_tokens = form.compressed_tokens = tokens;
  form.decision_id = decision_id;
  return form;
}

/// A client's text for people to read: short, whole characters, nothing that drives a terminal.
std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out(text.substr(0, character_prefix(text, bytes_max)));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return out;
}

/// A form read back from the memo can still be applied to this text.
bool applies(const SentForm& form, std::string_view text) {
  return form.raw || (spans_valid(form.kept, text.size()) && spans_on_characters(text, form.kept));
}

}  // namespace

/// One text of the request on its way.
struct TextPlan {
  KeyedHash key{};
  std::optional<SentForm> form;  ///< Known, or decided here.
  bool remembered = false;       ///< Long enough to have a memo row.
  bool target = false;           ///< New, and to be compressed.
  bool fresh = false;            ///< First seen in this request.
};

/// Requests that have no answer yet. Outlives the editor by the moment in which its last job goes.
struct RequestEditor::Underway {
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t jobs = 0;
};

struct RequestEditor::Job {
  explicit Job(std::shared_ptr<Underway> counted) : underway(std::move(counted)) {
    const std::lock_guard lock(underway->mutex);
    ++underway->jobs;
  }
  ~Job() {
    const std::lock_guard lock(underway->mutex);
    if (--underway->jobs == 0) underway->ended.notify_all();
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  std::shared_ptr<Underway> underway;
  Api api = Api::kNone;
  std::shared_ptr<EdgeRequest> request;
  std::function<void(EditedRequest)> done;
  std::shared_ptr<const Config> config;
  Clock::time_point started;
  RequestOptions options;
  ParsedRequest parsed;
  const TokenCounter* reader = nullptr;
  KeyedHash conversation{};
  ConversationStart start;
  std::vector<TextPlan> plans;        ///< [num_texts]
  std::vector<std::size_t> segments;  ///< Plan index of each segment asked for.
  CompressRequest asked;
  bool asked_champion = false;  ///< The conversation's policy is gone; the champion was asked.
  std::string bypass;           ///< Why new texts went out raw.
  Decision decision;
  std::uint32_t observed_saved = 0;  ///< Tokens that `observe` mode would have saved.
  Clock::time_point asked_at;
  std::uint64_t compress_us = 0;
  bool ran = false;  ///< A compressor answered.
};

RequestEditor::RequestEditor(Parts parts)
    : parts_(std::move(parts)), underway_(std::make_shared<Underway>()), queue_(2) {
  if (auto counter = load_token_counter("o200k_base", parts_.models_dir)) o200k_ = *counter;
  if (auto counter = load_token_counter("cl100k_base", parts_.models_dir)) cl100k_ = *counter;
}

RequestEditor::~RequestEditor() {
  std::unique_lock lock(underway_->mutex);
  underway_->ended.wait(lock, [this] { return underway_->jobs == 0; });
}

void RequestEditor::post(JobPtr job, std::function<void()> work) {
  queue_.post([this, job = std::move(job), work = std::move(work)] {
    try {
      work();
    } catch (const std::exception&) {
      try {
        if (job->done) forward_raw(job, "internal");
      } catch (const std::exception&) {
        if (job->done) std::exchange(job->done, nullptr)({});
      }
    }
  });
}

void RequestEditor::set_config(std::shared_ptr<const Config> config) {
  const std::lock_guard lock(config_mutex_);
  parts_.config = std::move(config);
}

std::shared_ptr<const Config> RequestEditor::config() const {
  const std::lock_guard lock(config_mutex_);
  return parts_.config;
}

const TokenCounter* RequestEditor::reader_for(const Config& config, std::string_view model) const {
  return reader_for_model(config, model) == "cl100k_base" ? cl100k_.get() : o200k_.get();
}

void RequestEditor::edit(Api api, std::shared_ptr<EdgeRequest> request,
                         std::function<void(EditedRequest)> done) {
  auto job = std::make_shared<Job>(underway_);
  job->api = api;
  job->request = std::move(request);
  job->done = std::move(done);
  job->config = config();
  job->started = Clock::now();
  post(job, [this, job] { plan(job); });
}

void RequestEditor::plan(const JobPtr& job) {
  job->decision.decision_id = new_uuid7();
  job->decision.t_us = unix_us();
  job->decision.api = to_string(job->api);
  job->options = read_request_options(job->request->head, *job->config, parts_.key);
  const RequestOptions& options = job->options;
  if (!options.problem.empty()) job->bypass = "bad_header";
  job->decision.tenant = options.tenant;
  job->decision.target_rate = options.rate;

  auto parsed = parse_request(job->api, job->request->head.target, job->request->body);
  if (!parsed) return forward_raw(job, std::string(to_string(parsed.error().code)));
  job->parsed = *std::move(parsed);
  const std::vector<EditableText>& texts = job->parsed.texts;
  job->decision.model = printable(job->parsed.model, 128);
  job->decision.num_texts = static_cast<std::uint32_t>(texts.size());
  job->reader = reader_for(*job->config, job->parsed.model);
  if (job->reader == nullptr) return forward_raw(job, "no_reader");

  if (const auto given = conversation_given_back(parts_.key, options.tenant, options.conversation);
      given) {
    job->conversation = *given;
  } else if (!options.conversation.empty()) {
    job->conversation =
        conversation_id(parts_.key, options.tenant, {"named", options.conversation});
  } else {
    const std::string_view seed = job->parsed.conversation_seed.size() > 1 || texts.empty()
                                      ? std::string_view(job->parsed.conversation_seed)
                                      : std::string_view(texts.front().text);
    job->conversation =
        conversation_id(parts_.key, options.tenant, {"seed", conversation_api(job->api), seed});
  }
  job->decision.conversation = to_hex(job->conversation);

  std::vector<KeyedHash> keys;
  job->plans.resize(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    TextPlan& plan = job->plans[i];
    plan.remembered = texts[i].text.size() >= kRememberedBytesMin;
    if (!plan.remembered) continue;
    const char kind = static_cast<char>(texts[i].kind);
    plan.key = parts_.key.of({"text", std::string_view(&kind, 1), texts[i].text});
    keys.push_back(plan.key);
  }
  auto known = parts_.memo->find(job->conversation, keys);
  auto start = parts_.memo->find_conversation(job->conversation);
  if (!known || !start) {
    // What was sent before is not known: nothing may change now, and what is new stays raw.
    for (const KeyedHash& key : keys) unwritten_.add(job->conversation, key);
    return forward_raw(job, "memo");
  }
  if (*start) {
    job->start = **start;
  } else {
    job->start.begun_us = job->decision.t_us;
    for (const CompressorHealth& health : parts_.broker->health()) {
      if (health.alive && job->start.policy.empty()) job->start.policy = health.policy;
    }
  }
  plan_texts(job, *std::move(known));
}

void RequestEditor::plan_texts(const JobPtr& job, std::vector<std::optional<SentForm>> known) {
  const std::vector<EditableText>& texts = job->parsed.texts;
  std::map<KeyedHash, std::size_t> asked;  // The same text twice in one request has one form.
  std::size_t next = 0;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    TextPlan& plan = job->plans[i];
    if (plan.remembered) {
      plan.form = std::move(known[next++]);
      if (plan.form && !applies(*plan.form, texts[i].text)) plan.form.reset();
    }
    if (plan.form) continue;
    plan.fresh = true;
    if (plan.remembered && unwritten_.holds(job->conversation, plan.key)) continue;
    plan.target =
        job->options.mode != Mode::kOff && is_target(texts[i], *job->config, *job->reader);
    if (plan.target && asked.emplace(plan.key, i).second) job->segments.push_back(i);
  }
  if (job->segments.empty()) return commit(job);
  compress(job);
}

void RequestEditor::compress(const JobPtr& job) {
  // The broker was told of it before it had the request.
  if (job->request->cancelled->load()) return forward_raw(job, "cancelled");
  const Config& config = *job->config;
  CompressRequest& asked = job->asked;
  asked.id = new_request_id();
  asked.policy = job->options.policy.empty() ? job->start.policy : job->options.policy;
  if (job->asked_champion) asked.policy.clear();
  asked.options.reader = job->reader->name();
  asked.options.target_tokens = job->options.target_tokens;
  if (!asked.options.target_tokens) asked.options.target_rate = job->options.rate;
  asked.options.protect = config.protect;
  asked.options.force_tokens = config.force_tokens;
  asked.options.min_tokens = config.min_tokens;
  asked.options.min_gain = config.min_gain;
  asked.options.structure = config.structure;
  asked.options.repeat_markers = config.repeat_markers;
  asked.segments.clear();
  for (const std::size_t i : job->segments) {
    const EditableText& text = job->parsed.texts[i];
    asked.segments.push_back(
        {text.text, text.kind, job->options.query.empty() ? text.query : job->options.query});
  }
  job->asked_at = Clock::now();
  // From the whole body on: a slow upload is no reason to let a text out raw for ever.
  const auto deadline = job->started + std::chrono::milliseconds(config.deadline_ms);
  parts_.broker->compress(asked, deadline, job->request->cancelled,
                          [this, job](Result<CompressReply> reply) {
                            post(job, [this, job, reply = std::move(reply)]() mutable {
                              take_reply(job, std::move(reply));
                            });
                          });
}

void RequestEditor::take_reply(const JobPtr& job, Result<CompressReply> reply) {
  job->compress_us = microseconds_since(job->asked_at);
  // Nothing goes out any more, so nothing is fixed.
  if (job->request->cancelled->load()) return forward_raw(job, "cancelled");
  if (!reply && reply.error().code == ErrorCode::kUnknownPolicy && !job->asked_champion) {
    job->asked_champion = true;
    return compress(job);
  }
  if (reply && reply->segments.size() != job->segments.size()) {
    reply = Error{ErrorCode::kMalformedMessage, "number of segments"};
  }
  if (!reply) {
    job->bypass = to_string(reply.error().code);
    return commit(job);
  }
  job->ran = true;
  job->decision.policy = reply->policy;
  job->decision.queue_us = reply->queue_us;
  job->decision.compute_us = reply->compute_us;
  if (job->start.policy.empty()) job->start.policy = reply->policy;
  for (std::size_t s = 0; s < job->segments.size(); ++s) {
    const std::size_t i = job->segments[s];
    SentForm form =
        form_of(reply->segments[s], job->parsed.texts[i].text, job->decision.decision_id);
    job->decision.new_tokens_before += form.origin_tokens;
    job->decision.new_tokens_after += form.compressed_tokens;
    if (job->options.mode == Mode::kObserve) {
      // Measured, not sent: the text goes out raw now and, by the first-arrival rule, for ever.
      job->observed_saved += form.origin_tokens - form.compressed_tokens;
      form = raw_form(form.origin_tokens, job->decision.decision_id);
    }
    job->plans[i].form = std::move(form);
  }
  std::map<KeyedHash, std::size_t> answered;
  for (const std::size_t i : job->segments) answered.emplace(job->plans[i].key, i);
  for (TextPlan& plan : job->plans) {
    if (plan.form || !plan.target) continue;
    if (const auto same = answered.find(plan.key); same != answered.end()) {
      plan.form = job->plans[same->second].form;
    }
  }
  commit(job);
}

void RequestEditor::commit(const JobPtr& job) {
  std::vector<std::pair<KeyedHash, SentForm>> fresh;
  std::vector<std::size_t> fresh_plans;
  for (std::size_t i = 0; i < job->plans.size(); ++i) {
    TextPlan& plan = job->plans[i];
    if (!plan.form) {  // not a target, or bypassed: raw, and raw for ever
      plan.form =
          raw_form(job->reader->count(job->parsed.texts[i].text), job->decision.decision_id);
    }
    if (!plan.fresh || !plan.remembered) continue;
    fresh.emplace_back(plan.key, *plan.form);
    fresh_plans.push_back(i);
  }
  job->decision.num_new = static_cast<std::uint32_t>(fresh.size());
  if (fresh.empty()) return deliver(job);
  parts_.memo->commit(
      job->conversation, job->start, std::move(fresh),
      [this, job, fresh_plans = std::move(fresh_plans)](Result<std::vector<SentForm>> stands) {
        post(job, [this, job, fresh_plans, stands = std::move(stands)]() mutable {
          take_standing(job, fresh_plans, std::move(stands));
        });
      });
}

void RequestEditor::take_standing(const JobPtr& job, const std::vector<std::size_t>& fresh_plans,
                                  Result<std::vector<SentForm>> stands) {
  if (!stands) job->bypass = "memo";
  for (std::size_t n = 0; n < fresh_plans.size(); ++n) {
    TextPlan& plan = job->plans[fresh_plans[n]];
    if (stands) {
      plan.form = std::move((*stands)[n]);
      unwritten_.erase(job->conversation, plan.key);
      if (applies(*plan.form, job->parsed.texts[fresh_plans[n]].text)) continue;
    } else {  // Nothing was written: it goes out as it is, and must stay so.
      unwritten_.add(job->conversation, plan.key);
    }
    plan.form = raw_form(plan.form->origin_tokens, plan.form->decision_id);
  }
  deliver(job);
}

void RequestEditor::deliver(const JobPtr& job) {
  EditedRequest edited;
  std::vector<BodyEdit> edits;
  Decision& decision = job->decision;
  bool reused = false;
  bool compressed = false;
  for (std::size_t i = 0; i < job->plans.size(); ++i) {
    const SentForm& form = *job->plans[i].form;
    decision.tokens_before += form.origin_tokens;
    decision.tokens_after += form.compressed_tokens;
    if (form.raw) continue;
    const EditableText& text = job->parsed.texts[i];
    edits.push_back({text.raw, apply_spans(text.text, form.kept, form.markers)});
    (job->plans[i].fresh ? compressed : reused) = true;
  }
  if (!edits.empty()) {
    edited.replace_body = true;
    edited.body = splice_body(job->request->body, edits);
  }
  if (!job->bypass.empty()) {
    decision.status = "bypass:" + job->bypass;
    decision.kind = DecisionKind::kBypass;
  } else if (job->options.mode == Mode::kObserve && job->ran) {
    decision.status = "observe";
    decision.kind = DecisionKind::kBypass;
  } else if (compressed) {
    decision.status = "compressed";
    decision.kind = DecisionKind::kGreedy;
  } else {
    decision.status = reused                           ? "reuse"
                      : job->options.mode == Mode::kOn ? "unchanged"
                                                       : to_string(job->options.mode);
    decision.kind = DecisionKind::kReuse;
  }
  finish(job, std::move(edited));
}

void RequestEditor::forward_raw(const JobPtr& job, const std::string& reason) {
  job->decision.status = "bypass:" + reason;
  job->decision.kind = DecisionKind::kBypass;
  finish(job, {});
}

void RequestEditor::finish(const JobPtr& job, EditedRequest edited) {
  Decision& decision = job->decision;
  const std::uint64_t overhead = microseconds_since(job->started);
  decision.total_us = static_cast<std::uint32_t>(overhead);
  HeaderList& headers = edited.response_headers;
  headers.emplace_back("x-pith-status", decision.status);
  headers.emplace_back("x-pith-decision", decision.decision_id);
  if (!decision.conversation.empty()) {
    headers.emplace_back("x-pith-conversation", decision.conversation);
    headers.emplace_back("x-pith-tokens-before", std::to_string(decision.tokens_before));
    // Another request may have been first with a shorter form than the one observed here.
    const std::uint32_t saved = std::min(job->observed_saved, decision.tokens_after);
    headers.emplace_back("x-pith-tokens-after", std::to_string(decision.tokens_after - saved));
    headers.emplace_back("x-pith-feedback-token",
                         feedback_token(parts_.key, decision.decision_id, decision.tenant,
                                        decision.t_us / 1'000'000 + kFeedbackDays * 24 * 3600));
  }
  const std::string& policy = decision.policy.empty() ? job->start.policy : decision.policy;
  if (!policy.empty()) headers.emplace_back("x-pith-policy", policy);

  EditRecord record;
  record.api = job->api;
  record.tokens_observed = job->observed_saved;
  record.compress_us = job->compress_us;
  record.overhead_us = overhead;
  for (const TextPlan& plan : job->plans) {
    if (!plan.remembered || !plan.form) continue;
    ++(!plan.fresh      ? record.texts_replayed
       : plan.form->raw ? record.texts_raw
                        : record.texts_compressed);
  }
  record.decision = decision;
  std::exchange(job->done, nullptr)(std::move(edited));
  if (parts_.on_record) parts_.on_record(record);
  if (parts_.log != nullptr) parts_.log->append(std::move(record.decision));
}

}  // namespace pith
