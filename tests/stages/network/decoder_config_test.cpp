#include "stages/network/decoder_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "tests/temporary_dir.h"

namespace pith {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Fields = std::map<std::string, std::string>;

/// A Llama config with `changes`; an empty value takes the field away.
std::string config_text(const Fields& changes) {
  Fields fields = {
      {"model_type", "\"llama\""},      {"vocab_size", "100"},        {"hidden_size", "12"},
      {"num_hidden_layers", "2"},       {"num_attention_heads", "6"}, {"intermediate_size", "24"},
      {"max_position_embeddings", "32"}};
  for (const auto& [key, value] : changes) fields[key] = value;
  std::string text;
  for (const auto& [key, value] : fields) {
    if (!value.empty()) text += (text.empty() ? "{\"" : ",\"") + key + "\":" + value;
  }
  return text + "}";
}

Result<DecoderConfig> config_of(const Fields& changes) {
  const std::string text = config_text(changes);
  return decoder_config_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string fault_of(const Fields& changes) {
  const auto config = config_of(changes);
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kFileUnreadable);
  return config.error().detail;
}

TEST(DecoderConfig, MissingFieldsHaveTheModelsOwnDefaults) {
  const auto config = config_of({});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->num_kv_heads, 6);
  EXPECT_EQ(config->head_size, 2);
  EXPECT_EQ(config->rms_norm_eps, 1e-6F);
  EXPECT_EQ(config->rope_theta, 10000.0F);
  EXPECT_FALSE(config->tied_head);
  EXPECT_EQ(config->bos_id, -1);
  EXPECT_TRUE(config->stop_ids.empty());
}

TEST(DecoderConfig, HeadsNeedNotFillTheHiddenSize) {
  const auto config = config_of({{"head_dim", "8"}, {"num_key_value_heads", "2"}});
  ASSERT_TRUE(config) << config.error().detail;
  EXPECT_EQ(config->query_width(), 48U);
  EXPECT_EQ(config->key_width(), 16U);
  EXPECT_TRUE(config_of({{"hidden_size", "13"}, {"head_dim", "4"}}));
}

TEST(DecoderConfig, StopIdsAreOneOrSeveral) {
  EXPECT_THAT(config_of({{"eos_token_id", "7"}})->stop_ids, ElementsAre(7));
  EXPECT_THAT(config_of({{"eos_token_id", "[7, 9]"}})->stop_ids, ElementsAre(7, 9));
  EXPECT_THAT(fault_of({{"eos_token_id", "[7, 100]"}}), HasSubstr("eos_token_id[1]: "));
  EXPECT_THAT(fault_of({{"eos_token_id", "\"</s>\""}}), HasSubstr("eos_token_id: "));
  EXPECT_THAT(fault_of({{"bos_token_id", "100"}}), HasSubstr("bos_token_id: "));
}

TEST(DecoderConfig, RotaryBaseStandsInEitherPlace) {
  EXPECT_EQ(config_of({{"rope_theta", "500000.0"}})->rope_theta, 500000.0F);
  EXPECT_EQ(
      config_of({{"rope_parameters", R"({"rope_type":"default","rope_theta":2e6})"}})->rope_theta,
      2e6F);
  EXPECT_THAT(fault_of({{"rope_scaling", R"({"type":"linear","factor":2.0})"}}),
              HasSubstr("rope_scaling: "));
  EXPECT_THAT(fault_of({{"rope_parameters", R"({"rope_type":"llama3"})"}}),
              HasSubstr("rope_parameters: "));
}

TEST(DecoderConfig, MissingFieldsThatHaveNoDefaultAreNamed) {
  for (const char* key : {"model_type", "vocab_size", "hidden_size", "num_hidden_layers",
                          "num_attention_heads", "intermediate_size", "max_position_embeddings"}) {
    EXPECT_THAT(fault_of({{key, ""}}), HasSubstr(key));
    EXPECT_THAT(fault_of({{key, "null"}}), HasSubstr(key));
  }
}

TEST(DecoderConfig, WhatPithHasNotAndAbsurdValuesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {{"model_type", "\"mistral\""},
                                                       {"hidden_act", "\"gelu\""},
                                                       {"attention_bias", "true"},
                                                       {"mlp_bias", "true"},
                                                       {"quantization_config", "{}"},
                                                       {"vocab_size", "0"},
                                                       {"vocab_size", "99999999999"},
                                                       {"hidden_size", "13"},
                                                       {"hidden_size", "6"},  // heads of one number
                                                       {"head_dim", "3"},
                                                       {"head_dim", "0"},
                                                       {"num_key_value_heads", "4"},
                                                       {"num_key_value_heads", "12"},
                                                       {"num_key_value_heads", "0"},
                                                       {"num_hidden_layers", "0"},
                                                       {"intermediate_size", "-1"},
                                                       {"max_position_embeddings", "1e3"},
                                                       {"rms_norm_eps", "0"},
                                                       {"rms_norm_eps", "1"},
                                                       {"rope_theta", "0"},
                                                       {"rope_theta", "1e300"},
                                                       {"tie_word_embeddings", "1"}};
  for (const auto& [key, value] : cases) {
    SCOPED_TRACE(std::string(key) + "=" + value);
    const std::string fault = fault_of({{key, value}});
    // A size that does not fit may be blamed on the other one.
    EXPECT_THAT(fault,
                testing::AnyOf(HasSubstr(key), HasSubstr("hidden_size"), HasSubstr("head_dim")));
  }
}

TEST(DecoderConfig, ErrorsNameTheFile) {
  const TemporaryDir folder;
  EXPECT_THAT(read_decoder_config(folder.path()).error().detail, HasSubstr("config.json"));
  std::ofstream(folder.file("config.json")) << config_text({{"vocab_size", "0"}});
  const auto config = read_decoder_config(folder.path());
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().detail, HasSubstr(folder.file("config.json") + ": vocab_size: "));
}

TEST(DecoderConfig, WhatIsWrittenIsReadBack) {
  for (const char* stop_ids : {"[]", "3", "[3,4]"}) {
    const auto config = config_of({{"head_dim", "4"},
                                   {"num_key_value_heads", "3"},
                                   {"rms_norm_eps", "1e-05"},
                                   {"rope_theta", "500000.0"},
                                   {"tie_word_embeddings", "true"},
                                   {"bos_token_id", "1"},
                                   {"eos_token_id", stop_ids}});
    ASSERT_TRUE(config);
    const std::string text = decoder_config_text(*config);
    const auto again =
        decoder_config_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(decoder_config_text(*again), text);
    EXPECT_EQ(again->head_size, 4);
    EXPECT_EQ(again->num_kv_heads, 3);
    EXPECT_EQ(again->rms_norm_eps, 1e-5F);
    EXPECT_EQ(again->rope_theta, 500000.0F);
    EXPECT_TRUE(again->tied_head);
    EXPECT_EQ(again->bos_id, 1);
    EXPECT_EQ(again->stop_ids, config->stop_ids);
  }
}

}  // namespace
}  // namespace pith
