#include "apps/reader/chat_reader.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "apps/options/config.h"
#include "stages/network/counter_random.h"

namespace pith {
namespace {

using std::chrono::milliseconds;

bool worth_another_try(unsigned status) {
  return status == 408 || status == 409 || status == 429 || status >= 500;
}

/// Delta seconds of a retry-after; nullopt for dates and nonsense.
std::optional<milliseconds> wanted_wait(std::string_view retry_after) {
  unsigned seconds = 0;
  const auto [end, error] =
      std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  if (error != std::errc() || end != retry_after.data() + retry_after.size()) return std::nullopt;
  return milliseconds(1000LL * std::min(seconds, 120U));
}

Error refused(const PostReply& reply) {
  const std::string status = "reader: HTTP status " + std::to_string(reply.status);
  switch (reply.status) {
    case 401:
    case 402:
    case 403:
    case 404: {  // About the key, the account or the model: no prompt will do better.
      const std::string message = chat_error_message(reply.body);
      return {ErrorCode::kInvalidArgument, message.empty() ? status : status + ": " + message};
    }
    default:  // A message of another kind might quote the prompt.
      return {reply.status < 400 ? ErrorCode::kInvalidArgument : ErrorCode::kPromptTooLong, status};
  }
}

}  // namespace

std::string chat_target(const std::string& path) {
  static constexpr std::string_view kEnd = "/chat/completions";
  if (path.ends_with(kEnd)) return path;
  return path.empty() ? "/v1/chat/completions" : path + std::string(kEnd);
}

ChatReader::ChatReader(ChatReaderOptions options, UpstreamPlan plan, std::string target)
    : options_(std::move(options)), plan_(std::move(plan)), target_(std::move(target)) {}

Result<std::unique_ptr<ChatReader>> ChatReader::open(ChatReaderOptions options) {
  auto url = parse_upstream(options.url);
  if (!url) return url.error();
  if (!url->name.empty()) return {ErrorCode::kInvalidArgument, "a reader's URL has no name"};
  EdgeOptions proxies;
  proxies.https_proxy = options.https_proxy;
  proxies.http_proxy = options.http_proxy;
  proxies.no_proxy = options.no_proxy;
  Upstream upstream;
  upstream.tls = url->tls;
  upstream.host = url->host;
  upstream.port = url->port;
  auto plan = plan_upstream(upstream, proxies);
  if (!plan) return plan.error();
  const std::string target =
      chat_target(url->url_had_v1 ? url->path_prefix + "/v1" : url->path_prefix);
  std::unique_ptr<ChatReader> reader(new ChatReader(std::move(options), std::move(*plan), target));
  auto tls = TlsClient::create(reader->options_.ca_file);
  if (!tls) return tls.error();
  reader->tls_ = std::move(*tls);
  if (!reader->options_.cache.empty()) {
    auto cache = AnswerCache::open(reader->options_.cache);
    if (!cache) return cache.error();
    reader->cache_ = std::move(*cache);
  }
  return reader;
}

Result<bool> ChatReader::knows(const std::string& prompt) {
  if (!cache_) return false;
  const auto found = cache_->find(answer_key(options_.url, chat_body(prompt, options_.body)));
  if (!found) return found.error();
  return found->has_value();
}

Result<ReaderAnswer> ChatReader::answer(const std::string& prompt) {
  const std::string body = chat_body(prompt, options_.body);
  if (!cache_) return ask(body);
  const AnswerKey key = answer_key(options_.url, body);
  auto found = cache_->find(key);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  auto answer = ask(body);
  if (!answer) return answer;
  if (const auto kept = cache_->keep(key, *answer); !kept) return kept.error();
  return answer;
}

Result<PostReply> ChatReader::post(const std::string& body) {
  std::unique_ptr<HttpPoster> poster;
  {
    const std::scoped_lock lock(mutex_);
    if (!idle_.empty()) {
      poster = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (!poster) poster = std::make_unique<HttpPoster>(plan_, tls_, options_.limits);
  HeaderList headers;
  if (!options_.key.empty()) headers.emplace_back("Authorization", "Bearer " + options_.key);
  auto reply = poster->post(target_, headers, body);
  const std::scoped_lock lock(mutex_);
  idle_.push_back(std::move(poster));
  return reply;
}

Result<ReaderAnswer> ChatReader::ask(const std::string& body) {
  Error last{ErrorCode::kUnavailable, "reader: no attempt"};
  for (unsigned attempt = 0; attempt < std::max(1U, options_.attempts); ++attempt) {
    const std::uint64_t number = num_requests_.fetch_add(1);
    if (options_.max_requests != 0 && number >= options_.max_requests) {
      num_requests_.fetch_sub(1);
      return Error{ErrorCode::kOverloaded, "reader: the ceiling of " +
                                               std::to_string(options_.max_requests) +
                                               " requests is reached"};
    }
    const auto begin = std::chrono::steady_clock::now();
    auto reply = post(body);
    const auto took = std::chrono::steady_clock::now() - begin;
    std::optional<milliseconds> wait;
    if (reply && reply->status == 200) {
      auto answer = parse_chat_answer(reply->body);
      if (answer) {
        answer->latency_us = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
        return answer;
      }
      last = {ErrorCode::kUnavailable, answer.error().detail};
    } else if (reply && !worth_another_try(reply->status)) {
      return refused(*reply);
    } else if (reply) {
      last = {ErrorCode::kUnavailable, "reader: HTTP status " + std::to_string(reply->status)};
      wait = wanted_wait(reply->retry_after);
    } else {
      last = reply.error();
    }
    if (attempt + 1 >= options_.attempts) break;
    num_retries_.fetch_add(1);
    if (!wait) {
      const auto doubled = options_.retry_first * (1LL << std::min(attempt, 20U));
      const auto longest = std::min<milliseconds>(doubled, options_.retry_max);
      wait = milliseconds(
          static_cast<std::int64_t>(static_cast<double>(longest.count()) *
                                    (0.5 + 0.5 * uniform_number(options_.seed, number))));
    }
    std::this_thread::sleep_for(*wait);
  }
  return last;
}

}  // namespace pith
