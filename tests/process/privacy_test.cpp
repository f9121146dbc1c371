// A canary in prompts, keys and queries is found in no file and no log line.
#include <signal.h>

#include <filesystem>

#include "tests/process/harness/serve_test.h"

namespace pith::process {
namespace {

class Privacy : public ServeTest {};

TEST_F(Privacy, NoPromptTextOrKeyIsWrittenAnywhere) {
  const std::string text_canary = "zanzibarcanaryword", key_canary = "sk-keycanary0123456789",
                    query_canary = "querycanary42";
  serve("", {"--log-level", "debug"});
  std::string text = prose(900);
  for (int i = 0; i < 20; ++i)
    text.insert(text.find(". ", text.size() * static_cast<std::size_t>(i) / 21) + 2,
                text_canary + " ");
  const Headers headers{{"content-type", "application/json"},
                        {"authorization", "Bearer " + key_canary},
                        {"x-api-key", key_canary},
                        {"x-pith-query", text_canary}};
  const std::string target = "/v1/chat/completions?key=" + query_canary;
  EXPECT_EQ(request(port(), "POST", target, headers, chat_body(text)).header("x-pith-status"),
            "compressed");
  EXPECT_EQ(request(port(), "POST", target, headers, chat_body(text)).header("x-pith-status"),
            "reuse");
  request(port(), "POST", target, headers,
          chat_body(text) + "garbage " + text_canary);  // Cannot be parsed.
  request(port(), "POST", "/pith/v1/compress", headers, "{\"context\": " + json_string(text) + "}");
  request(port(), "POST", "/pith/v1/compress", headers,
          "{\"context\": 5, \"" + text_canary + "\": 1}");
  request(port(), "POST", target, {{"content-type", "application/json"}, {"x-mock-status", "500"}},
          chat_body(text));
  request(port(), "GET", "/" + text_canary + " x", headers);
  request(port(), "POST", "/v1/chat/completions", {{"x-pith-rate", text_canary}}, "{}");
  const std::string metrics =
      request(port(), "GET", "/metrics").body + request(port(), "GET", "/pith/v1/stats").body;
  pith().child().signal(SIGTERM);
  EXPECT_EQ(pith().child().wait(Millis(10'000)), 0);
  std::vector<std::pair<std::string, std::string>> places{
      {"stdout", pith().child().output()}, {"log", pith().child().errors()}, {"metrics", metrics}};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(pith().state())) {
    if (entry.is_regular_file()) places.emplace_back(entry.path(), read_file(entry.path()));
  }
  EXPECT_GT(places.size(), 4U) << "the state directory holds memo and log";
  for (const auto& [name, content] : places) {
    for (const auto& canary : {text_canary, key_canary, query_canary}) {
      EXPECT_EQ(content.find(canary), std::string::npos) << canary << " in " << name;
    }
  }
}

TEST_F(Privacy, NorByTheProxyAndTheCompressorApart) {
  const std::string canary = "zanzibarcanaryword";
  TempDir dir;
  const std::string endpoint = "ipc://" + dir.path("compressd.sock");
  Child compressor(Launch{{pith_program(), "compressd", "--endpoint", endpoint, "--ndjson",
                           "127.0.0.1:0", "--log-level", "debug"},
                          {},
                          {}});
  const auto ndjson = compressor.wait_line("pith: compressing on 127.0.0");
  ASSERT_TRUE(ndjson) << compressor.errors();
  PithServer proxy(
      PithServer::Setup{.subcommand = "proxy",
                        .upstream = mock().url(),
                        .arguments = {"--compressor", endpoint, "--log-level", "debug"}});
  const Headers headers{{"content-type", "application/json"}};
  unsigned seed = 0;
  EXPECT_TRUE(eventually([&] {
    const std::string body = chat_body(prose(800, ++seed) + " " + canary);
    return request(proxy.port(), "POST", "/v1/chat/completions", headers, body)
               .header("x-pith-status") == "compressed";
  }));
  RawSocket socket(port_of(*ndjson));
  socket.send("{\"context\": \"" + canary + "\", \"options\": {\"" + canary + "\": 1}}\n" + canary +
              "\n");
  socket.read_some(1U << 16, Millis(300));
  for (Child* child : {&compressor, &proxy.child()}) {
    child->signal(SIGTERM);
    EXPECT_EQ(child->wait(Millis(10'000)), 0);
    EXPECT_EQ((child->output() + child->errors()).find(canary), std::string::npos);
  }
}

}  // namespace
}  // namespace pith::process
