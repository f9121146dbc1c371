#include "apps/reader/http_poster.h"

#include <algorithm>

#include "apps/http/chunk_scanner.h"
#include "apps/http/framing.h"
#include "apps/http/head_parser.h"
#include "apps/http/header_list.h"

namespace pith {
namespace {

Error broken(const char* what) {
  return Error{ErrorCode::kUnavailable, std::string("reader: ") + what};
}

/// Collects a body as it is framed.
class BodyReader {
 public:
  explicit BodyReader(const BodyFraming& framing)
      : framing_(framing), chunks_(ChunkScanner::From::kResponse) {}

  /// False: the framing is broken.
  bool add(std::string_view bytes) {
    if (framing_.kind == BodyFraming::Kind::kChunked) {
      chunks_.decode(bytes, body_);
      return !chunks_.bad();
    }
    body_.append(bytes);
    return true;
  }
  bool whole() const {
    switch (framing_.kind) {
      case BodyFraming::Kind::kNone:
        return true;
      case BodyFraming::Kind::kLength:
        return body_.size() >= framing_.length;
      case BodyFraming::Kind::kChunked:
        return chunks_.done();
      case BodyFraming::Kind::kUntilClose:
        return false;
    }
    return false;
  }
  bool ends_with_connection() const { return framing_.kind == BodyFraming::Kind::kUntilClose; }
  std::size_t size() const { return body_.size(); }
  std::string take() { return std::move(body_); }

 private:
  BodyFraming framing_;
  ChunkScanner chunks_;
  std::string body_;
};

}  // namespace

HttpPoster::HttpPoster(UpstreamPlan plan, std::shared_ptr<const TlsClient> tls, Limits limits)
    : plan_(std::move(plan)), tls_(std::move(tls)), limits_(limits) {}

Result<PostReply> HttpPoster::post(const std::string& target, const HeaderList& headers,
                                   const std::string& body) {
  std::string request =
      "POST " + plan_.target_prefix + target + " HTTP/1.1\r\nHost: " + plan_.host_header +
      "\r\nContent-Type: application/json\r\n" +
      "Accept: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const auto& [name, value] : headers) request += name + ": " + value + "\r\n";
  if (plan_.via == UpstreamPlan::Via::kAbsoluteForm && !plan_.proxy_authorization.empty()) {
    request += "Proxy-Authorization: " + plan_.proxy_authorization + "\r\n";
  }
  request += "\r\n" + body;
  const bool kept = stream_.has_value();
  bool answered = false;
  Result<PostReply> reply = exchange(request, answered);
  if (!reply) stream_.reset();
  if (!reply && kept && !answered) {
    reply = exchange(request, answered);
    if (!reply) stream_.reset();
  }
  return reply;
}

Result<PostReply> HttpPoster::exchange(const std::string& request, bool& answered) {
  const auto now = std::chrono::steady_clock::now();
  if (!stream_) {
    auto stream = TimedStream::connect(plan_, *tls_, slot_, now + limits_.connect);
    if (!stream) return stream.error();
    stream_.emplace(std::move(*stream));
  }
  const auto deadline = now + limits_.answer;
  if (const auto sent = stream_->write(request, deadline); !sent) return sent.error();

  std::string bytes;
  HeadParser parser(HeadParser::Kind::kResponse, {});
  for (;;) {  // 1xx heads come before the answer
    HeadParser::State state = parser.parse(bytes);
    while (state == HeadParser::State::kIncomplete) {
      const auto got = stream_->read(bytes, deadline);
      if (!got) return got.error();
      if (*got == 0) return broken("the connection was closed before an answer");
      answered = true;
      state = parser.parse(bytes);
    }
    if (state != HeadParser::State::kComplete) return broken("the answer is not HTTP");
    if (parser.head().status >= 200 || parser.head().status == 101) break;
    bytes.erase(0, parser.head().num_bytes);
    parser.reset();
  }
  const ParsedHead& head = parser.head();
  const FramingOrProblem framing = response_framing(head, /*to_head=*/false);
  if (framing.problem != nullptr) return broken(framing.problem);
  PostReply reply;
  reply.status = head.status;
  for (const HeaderView& field : head.headers) {
    if (iequals(field.name, "retry-after")) reply.retry_after = field.value;
  }
  const bool keep = keeps_alive(head);
  BodyReader body(framing.framing);
  bool sound = body.add(std::string_view(bytes).substr(head.num_bytes));
  while (sound && !body.whole()) {
    if (body.size() > limits_.body_bytes_max) return broken("the answer is too long");
    std::string more;
    const auto got = stream_->read(more, deadline);
    if (!got) return got.error();
    if (*got == 0) {
      if (body.ends_with_connection()) break;
      return broken("the answer was cut short");
    }
    sound = body.add(more);
  }
  if (!sound) return broken("the answer's chunks are malformed");
  if (!keep || body.ends_with_connection()) stream_.reset();
  reply.body = body.take();
  return reply;
}

}  // namespace pith
