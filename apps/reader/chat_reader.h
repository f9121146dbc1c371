// A reader behind an OpenAI-compatible URL: cache on disk, retries, a ceiling of requests.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "apps/reader/answer_cache.h"
#include "apps/reader/chat_body.h"
#include "apps/reader/http_poster.h"
#include "apps/reader/reader.h"

namespace pith {

struct ChatReaderOptions {
  std::string url;  ///< "https://HOST[/PATH]"; the path of the API is added: see chat_target().
  std::string key;  ///< Sent as a bearer token; empty: none.
  ChatBodyOptions body;
  std::string cache;               ///< File; empty: no cache.
  std::uint64_t max_requests = 0;  ///< Attempts included; 0: no ceiling.
  unsigned attempts = 6;           ///< For one prompt.
  std::chrono::milliseconds retry_first{500}, retry_max{30'000};
  std::uint64_t seed = 1;  ///< Of the waits' jitter.
  std::string ca_file;
  std::string https_proxy, http_proxy, no_proxy;
  HttpPoster::Limits limits;
};

/// Where requests go under a base URL: PATH/chat/completions, and with no PATH
/// /v1/chat/completions; a URL that ends so already is taken as it is.
std::string chat_target(const std::string& path);

/// A process that uses https ignores SIGPIPE: OpenSSL writes to sockets that may be gone.
/// Retried: broken connections, 408, 409, 429 and 5xx; waits double, with jitter, or are what
/// retry-after says (at most two minutes).
class ChatReader : public Reader {
 public:
  /// Errors: kInvalidArgument (URL, proxy), kFileUnreadable (ca_file), kStorageFailed (cache).
  static Result<std::unique_ptr<ChatReader>> open(ChatReaderOptions options);

  Result<ReaderAnswer> answer(const std::string& prompt) override;
  /// Whether answer() would need no request. Errors: kStorageFailed.
  Result<bool> knows(const std::string& prompt);

  std::uint64_t num_requests() const { return num_requests_; }
  std::uint64_t num_retries() const { return num_retries_; }

 private:
  ChatReader(ChatReaderOptions options, UpstreamPlan plan, std::string target);
  Result<ReaderAnswer> ask(const std::string& body);
  Result<PostReply> post(const std::string& body);

  const ChatReaderOptions options_;
  const UpstreamPlan plan_;
  const std::string target_;
  std::shared_ptr<const TlsClient> tls_;
  std::unique_ptr<AnswerCache> cache_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<HttpPoster>> idle_;
  std::atomic<std::uint64_t> num_requests_{0}, num_retries_{0};
};

}  // namespace pith
