#include "tests/process/harness/pith_process.h"

#include <openssl/evp.h>
#include <signal.h>

#include <algorithm>
#include <boost/json.hpp>
#include <random>

namespace pith::process {
namespace json = boost::json;

namespace {

std::string decode_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  std::size_t length = static_cast<std::size_t>(size);
  if (text.ends_with("==")) {
    length -= 2;
  } else if (text.ends_with("=")) {
    length -= 1;
  }
  out.resize(length);
  return out;
}

std::vector<std::string> with_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), PITH_MOCK_UPSTREAM);
  return arguments;
}

}  // namespace

std::string pith_program() {
  // Another program can be tested by the same cases: an installed one, or one built elsewhere.
  const char* other = std::getenv("PITH_PROGRAM");
  return other != nullptr ? other : PITH_PROGRAM;
}

std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::atoi(url.c_str() + url.rfind(':') + 1));
}

MockUpstream::MockUpstream(std::vector<std::string> arguments)
    : child_(Launch{with_program(std::move(arguments)), {}, {}}) {
  if (const auto url = child_.wait_line("mock: listening on ")) port_ = port_of(*url);
}

json::value MockUpstream::get(const std::string& target) const {
  const Reply reply = request(port_, "GET", target);
  boost::system::error_code error;
  return json::parse(reply.body, error);
}

std::string MockUpstream::Received::header(std::string_view name) const {
  std::string lower = head;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto at = lower.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return {};
  auto begin = at + name.size() + 3;
  while (begin < head.size() && head[begin] == ' ') ++begin;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::vector<MockUpstream::Received> MockUpstream::received(const std::string& id) const {
  std::vector<Received> all;
  const json::value value = get("/_mock/requests" + (id.empty() ? "" : "?id=" + id));
  for (const auto& entry : value.at("requests").as_array()) {
    Received one;
    one.method = json::value_to<std::string>(entry.at("method"));
    one.target = json::value_to<std::string>(entry.at("target"));
    one.head = decode_base64(entry.at("head").as_string());
    one.body = decode_base64(entry.at("body").as_string());
    all.push_back(std::move(one));
  }
  return all;
}

std::size_t MockUpstream::num_requests() const {
  return get("/_mock/requests?body=0").at("requests").as_array().size();
}

void MockUpstream::reset() const { request(port_, "POST", "/_mock/reset"); }

void MockUpstream::release(const std::string& gate, int n) const {
  request(port_, "GET", "/_mock/release?gate=" + gate + "&n=" + std::to_string(n));
}

PithServer::PithServer(Setup setup) : setup_(std::move(setup)) {
  state_ = setup_.state.empty() ? dir_.path("state") : setup_.state;
  port_ = setup_.port;
  start();
}

void PithServer::start() {
  std::vector<std::string> argv{pith_program(), setup_.subcommand,
                                "--listen",     "127.0.0.1:" + std::to_string(port_),
                                "--state",      state_};
  write_file(dir_.path("pith.toml"), setup_.config);
  argv.insert(argv.end(), {"--config", dir_.path("pith.toml")});
  if (!setup_.upstream.empty()) argv.insert(argv.end(), {"--upstream", setup_.upstream});
  argv.insert(argv.end(), setup_.arguments.begin(), setup_.arguments.end());
  child_ = std::make_unique<Child>(Launch{argv, setup_.environment, {}});
  const auto url = child_->wait_line("pith: listening on ");
  port_ = url ? port_of(*url) : 0;
  EXPECT_TRUE(url) << "no ready line; standard error:\n" << child_->errors();
}

void PithServer::restart_after_kill() {
  child_->signal(SIGKILL);
  child_->wait(Millis(5000));
  start();
}

void PithServer::restart(const std::vector<std::string>& arguments) {
  child_->signal(SIGTERM);
  EXPECT_TRUE(child_->wait(Millis(10'000)));
  setup_.arguments = arguments;
  start();
}

std::string prose(std::size_t num_words, unsigned seed) {
  static constexpr const char* kWords[] = {
      "the",      "harbour", "was",      "quiet",  "and",     "most",    "of",      "boats",
      "had",      "already", "returned", "before", "evening", "because", "weather", "changed",
      "people",   "in",      "village",  "talked", "about",   "a",       "storm",   "that",
      "would",    "arrive",  "with",     "strong", "winds",   "from",    "west",    "while",
      "children", "played",  "near",     "old",    "wooden",  "bridge",  "without", "worry"};
  std::mt19937 random(seed);
  std::string text;
  std::size_t in_sentence = 0, sentences = 0;
  for (std::size_t i = 0; i < num_words; ++i) {
    std::string word = kWords[random() % std::size(kWords)];
    if (in_sentence == 0) word[0] = static_cast<char>(std::toupper(word[0]));
    text += word;
    if (++in_sentence >= 8 + random() % 8) {
      text += ++sentences % 5 == 0 ? ".\n\n" : ". ";
      in_sentence = 0;
    } else {
      text += ' ';
    }
  }
  return text + "end.";
}

std::string json_string(const std::string& text) { return json::serialize(json::string(text)); }

std::string chat_body(const std::string& tool_result, bool stream) {
  return std::string(R"({"model": "gpt-4o-mini", "temperature": 1.0,)") +
         (stream ? R"( "stream": true,)" : "") +
         R"( "messages": [{"role": "user", "content": "What did they say?"},)"
         R"( {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function",)"
         R"( "function": {"name": "read", "arguments": "{\"path\": \"notes\"}"}}]},)"
         R"( {"role": "tool", "tool_call_id": "call_1", "content": )" +
         json_string(tool_result) + R"(}], "seed": 20250101000000000001})";
}

}  // namespace pith::process
