#include "apps/options/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace pith {
namespace {

class ConfigFile : public ::testing::Test {
 protected:
  Result<Config> load(const std::string& toml) {
    path_ = ::testing::TempDir() + "pith_config_" + std::to_string(getpid()) + ".toml";
    std::ofstream(path_) << toml;
    return load_config(path_);
  }
  void expect_mistake(const std::string& toml, const std::string& place_and_words) {
    const auto config = load(toml);
    ASSERT_FALSE(config) << toml;
    EXPECT_EQ(config.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(config.error().detail.find(path_ + place_and_words), std::string::npos)
        << config.error().detail;
  }
  ~ConfigFile() override { std::remove(path_.c_str()); }
  std::string path_;
};

TEST_F(ConfigFile, ReadsEveryTable) {
  const auto config = load(R"(
listen = "0.0.0.0:9000"
[[upstream]]
url = "https://api.openai.com/v1/"
[[upstream]]
name = "local"
url = "http://127.0.0.1:11434"
[compress]
mode = "observe"
rate = 0.4
precision = "int8"
protect = ["numbers", "urls"]
[tokenizers]
"my-*" = "cl100k_base"
[admin]
token = "secret"
)");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->listen.host, "0.0.0.0");
  EXPECT_EQ(config->listen.port, 9000);
  ASSERT_EQ(config->upstreams.size(), 2U);
  EXPECT_TRUE(config->upstreams[0].tls);
  EXPECT_TRUE(config->upstreams[0].url_had_v1);
  EXPECT_EQ(config->upstreams[0].path_prefix, "");
  EXPECT_EQ(config->upstreams[1].name, "local");
  EXPECT_EQ(config->upstreams[1].port, 11434);
  EXPECT_EQ(config->mode, Mode::kObserve);
  EXPECT_FLOAT_EQ(config->rate, 0.4F);
  EXPECT_EQ(config->precision, Precision::kInt8);
  EXPECT_EQ(config->protect, kProtectNumbers | kProtectUrls);
  EXPECT_EQ(reader_for_model(*config, "my-model"), "cl100k_base");
}

TEST_F(ConfigFile, ShippedExampleIsTheDefaults) {
  const auto shipped = load_config(std::string(PITH_TEST_DATA) + "/../../configs/pith.toml");
  ASSERT_TRUE(shipped) << shipped.error().detail;
  const Config defaults;
  EXPECT_EQ(shipped->mode, defaults.mode);
  EXPECT_EQ(shipped->rate, defaults.rate);
  EXPECT_EQ(shipped->min_tokens, defaults.min_tokens);
  EXPECT_EQ(shipped->document_min_tokens, defaults.document_min_tokens);
  EXPECT_EQ(shipped->min_gain, defaults.min_gain);
  EXPECT_EQ(shipped->deadline_ms, defaults.deadline_ms);
  EXPECT_EQ(shipped->protect, defaults.protect);
  EXPECT_EQ(shipped->body_bytes_max, defaults.body_bytes_max);
  EXPECT_EQ(shipped->http_threads, defaults.http_threads);
  EXPECT_EQ(shipped->requests_max, defaults.requests_max);
  EXPECT_EQ(shipped->response_timeout_ms, defaults.response_timeout_ms);
}

TEST_F(ConfigFile, NamesLineAndColumnOfMistakes) {
  expect_mistake("listen = \"127.0.0.1:8080\"\n[compress]\n  rate = 1.5\n",
                 ":3:10: compress.rate must be between");
  expect_mistake("[compress]\nrat = 0.5\n", ":2:1: unknown key compress.rat");
  expect_mistake("listen = 8080\n", ":1:10: listen must be a string");
  expect_mistake("listen = \"host:port\"\n", ":1:10: listen not a port");
  expect_mistake("[compress]\nmode = \"loud\"\n", ":2:8: compress.mode must be off, observe or on");
  expect_mistake("[compress]\nprotect = [\"numbers\", \"verbs\"]\n",
                 ":2:23: compress.protect names no class");
  expect_mistake("[compress\n", ":1:10");
  expect_mistake("[[upstream]]\nurl = \"ftp://x\"\n",
                 ":1:1: upstream \"ftp://x\": the scheme must be http or https");
}

TEST_F(ConfigFile, NamesThePlaceOnceInsideAnUpstream) {
  const auto config = load("[[upstream]]\nname = \"a\"\nurl = 5\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().detail, path_ + ":3:7: upstream.url must be a string");
}

TEST_F(ConfigFile, RefusesUpstreamsThatCannotBeToldApart) {
  const std::string one = "[[upstream]]\nname = \"a\"\nurl = \"http://h\"\n";
  expect_mistake(one + one, ":4:1: upstream has the name of one before it");
}

TEST_F(ConfigFile, TenantsAreHashesOfKeys) {
  const std::string hash(64, 'A');
  const auto config = load("[tenants]\nteam = \"" + hash + "\"\n");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->tenants.at(std::string(64, 'a')), "team");
  expect_mistake("[tenants]\nteam = \"sk-key\"\n", ":2:8: tenants.team must be the sha256");
  expect_mistake("[tenants]\na = \"" + hash + "\"\nb = \"" + hash + "\"\n",
                 ":3:5: tenants.b has the API key of another tenant");
}

TEST_F(ConfigFile, TokenizersMatchInTheOrderOfTheFile) {
  const auto config =
      load("[tokenizers]\n\"my-small\" = \"cl100k_base\"\n\"my-*\" = \"o200k_base\"\n");
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(reader_for_model(*config, "my-small"), "cl100k_base");
  EXPECT_EQ(reader_for_model(*config, "my-large"), "o200k_base");
}

TEST(ParseUpstream, SplitsNameSchemeHostPortAndPath) {
  const auto plain = parse_upstream("http://127.0.0.1:11434");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->name, "");
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "127.0.0.1");
  EXPECT_EQ(plain->port, 11434);
  const auto named = parse_upstream("router=https://example.com/api/v1/");
  ASSERT_TRUE(named);
  EXPECT_EQ(named->name, "router");
  EXPECT_EQ(named->port, 443);
  EXPECT_EQ(named->path_prefix, "/api");
  EXPECT_TRUE(named->url_had_v1);
  const auto v6 = parse_upstream("http://[::1]:8000/x");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 8000);
  EXPECT_EQ(v6->path_prefix, "/x");
}

TEST(ParseUpstream, RefusesWhatItCannotServe) {
  for (const char* text : {"api.openai.com", "https://", "https://user:pass@host", "http://h:99999",
                           "https://h/p?q=1", "pith=http://h", "a b=http://h", "http://h:x"}) {
    EXPECT_FALSE(parse_upstream(text)) << text;
  }
}

TEST(ParseHostPort, TakesTheUsualForms) {
  EXPECT_EQ(parse_listen("8080")->port, 8080);
  EXPECT_EQ(parse_listen("8080")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen(":0")->port, 0);
  EXPECT_EQ(parse_listen("[::1]:80")->host, "::1");
  EXPECT_FALSE(parse_listen("::1:80"));
  EXPECT_FALSE(parse_listen("localhost"));
}

TEST(ReaderForModel, KnowsOpenAiFamilies) {
  const Config config;
  EXPECT_EQ(reader_for_model(config, "gpt-4"), "cl100k_base");
  EXPECT_EQ(reader_for_model(config, "gpt-4-turbo"), "cl100k_base");
  EXPECT_EQ(reader_for_model(config, "gpt-4o"), "o200k_base");
  EXPECT_EQ(reader_for_model(config, "gpt-4.1-mini"), "o200k_base");
  EXPECT_EQ(reader_for_model(config, "claude-sonnet-4-5"), "o200k_base");
}

}  // namespace
}  // namespace pith
