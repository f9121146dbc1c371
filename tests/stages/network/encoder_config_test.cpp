#include "stages/network/encoder_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "tests/temporary_dir.h"

namespace pith {
namespace {

using testing::HasSubstr;

using Fields = std::map<std::string, std::string>;

/// A BERT config with `changes`; an empty value takes the field away.
std::string config_text(const Fields& changes) {
  Fields fields = {
      {"model_type", "\"bert\""},       {"vocab_size", "100"},        {"hidden_size", "12"},
      {"num_hidden_layers", "2"},       {"num_attention_heads", "3"}, {"intermediate_size", "24"},
      {"max_position_embeddings", "32"}};
  for (const auto& [key, value] : changes) fields[key] = value;
  std::string text;
  for (const auto& [key, value] : fields) {
    if (!value.empty()) text += (text.empty() ? "{\"" : ",\"") + key + "\":" + value;
  }
  return text + "}";
}

Result<EncoderConfig> config_of(const Fields& changes) {
  const std::string text = config_text(changes);
  return encoder_config_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string fault_of(const Fields& changes) {
  const auto config = config_of(changes);
  if (config) return "";
  EXPECT_EQ(config.error().code, ErrorCode::kFileUnreadable);
  return config.error().detail;
}

TEST(EncoderConfig, MissingFieldsHaveTheModelsOwnDefaults) {
  const auto bert = config_of({});
  ASSERT_TRUE(bert) << bert.error().detail;
  EXPECT_EQ(bert->kind, EncoderKind::kBert);
  EXPECT_EQ(bert->type_vocab_size, 2);
  EXPECT_EQ(bert->pad_id, 0);
  EXPECT_EQ(bert->num_labels, 2);
  EXPECT_EQ(bert->layer_norm_eps, 1e-12F);
  EXPECT_EQ(bert->length_max(), 32);
  for (const char* type : {"\"xlm-roberta\"", "\"roberta\""}) {
    const auto roberta = config_of({{"model_type", type}});
    ASSERT_TRUE(roberta) << roberta.error().detail;
    EXPECT_EQ(roberta->kind, EncoderKind::kXlmRoberta);
    EXPECT_EQ(roberta->pad_id, 1);
    EXPECT_EQ(roberta->length_max(), 30);
  }
}

TEST(EncoderConfig, LabelsAreCountedByTheirNames) {
  EXPECT_EQ(config_of({{"num_labels", "5"}})->num_labels, 5);
  EXPECT_EQ(
      config_of({{"num_labels", "5"}, {"id2label", R"({"0":"A","1":"B","2":"C"})"}})->num_labels,
      3);
  EXPECT_THAT(fault_of({{"id2label", "{}"}}), HasSubstr("id2label: "));
  EXPECT_THAT(fault_of({{"id2label", "[]"}}), HasSubstr("id2label: "));
  EXPECT_THAT(fault_of({{"id2label", R"({"0":1})"}}), HasSubstr("id2label.0: "));
}

TEST(EncoderConfig, MissingFieldsThatHaveNoDefaultAreNamed) {
  for (const char* key : {"model_type", "vocab_size", "hidden_size", "num_hidden_layers",
                          "num_attention_heads", "intermediate_size", "max_position_embeddings"}) {
    EXPECT_THAT(fault_of({{key, ""}}), HasSubstr(key));
    EXPECT_THAT(fault_of({{key, "null"}}), HasSubstr(key));
  }
}

TEST(EncoderConfig, AbsurdValuesAreNamed) {
  const std::pair<const char*, const char*> cases[] = {{"vocab_size", "0"},
                                                       {"vocab_size", "-1"},
                                                       {"vocab_size", "99999999999"},
                                                       {"vocab_size", "100.0"},
                                                       {"vocab_size", "\"100\""},
                                                       {"vocab_size", "true"},
                                                       {"hidden_size", "0"},
                                                       {"hidden_size", "13"},
                                                       {"hidden_size", "1000000"},
                                                       {"num_hidden_layers", "0"},
                                                       {"num_hidden_layers", "2000000000"},
                                                       {"num_attention_heads", "0"},
                                                       {"num_attention_heads", "5"},
                                                       {"intermediate_size", "0"},
                                                       {"max_position_embeddings", "2"},
                                                       {"type_vocab_size", "0"},
                                                       {"pad_token_id", "100"},
                                                       {"pad_token_id", "-1"},
                                                       {"num_labels", "0"},
                                                       {"layer_norm_eps", "0"},
                                                       {"layer_norm_eps", "-1e-5"},
                                                       {"layer_norm_eps", "1e300"},
                                                       {"layer_norm_eps", "\"1e-5\""}};
  for (const auto& [key, value] : cases) {
    const std::string named = std::string_view(value) == "13" ? "hidden_size" : key;
    EXPECT_THAT(fault_of({{key, value}}), HasSubstr(named)) << key << "=" << value;
  }
}

TEST(EncoderConfig, OtherGraphsAreRefused) {
  EXPECT_THAT(fault_of({{"model_type", "\"deberta\""}}), HasSubstr("model_type: "));
  EXPECT_THAT(fault_of({{"hidden_act", "\"gelu_new\""}}), HasSubstr("hidden_act: "));
  EXPECT_THAT(fault_of({{"hidden_act", "\"relu\""}}), HasSubstr("hidden_act: "));
  EXPECT_THAT(fault_of({{"position_embedding_type", "\"relative_key\""}}),
              HasSubstr("position_embedding_type: "));
  EXPECT_THAT(fault_of({{"is_decoder", "true"}}), HasSubstr("is_decoder: "));
  EXPECT_EQ(fault_of({{"is_decoder", "false"}, {"hidden_act", "\"gelu\""}}), "");
}

TEST(EncoderConfig, DocumentThatIsNoObjectIsAnError) {
  for (const std::string text : {"", "[]", "3", "{", "{}{}", "nan"}) {
    EXPECT_FALSE(
        encoder_config_of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}))
        << text;
  }
}

TEST(EncoderConfig, FileIsNamed) {
  const TemporaryDir folder;
  EXPECT_THAT(read_encoder_config(folder.path()).error().detail,
              HasSubstr(folder.file("config.json")));
  std::ofstream(folder.file("config.json")) << config_text({{"hidden_act", "\"relu\""}});
  EXPECT_THAT(read_encoder_config(folder.path()).error().detail,
              HasSubstr(folder.file("config.json") + ": hidden_act: "));
}

TEST(EncoderConfig, GoldenModelsAreRead) {
  const std::string models = PITH_SHARED "/golden/models";
  if (!std::filesystem::exists(models)) GTEST_SKIP() << "no shared vectors here";
  const auto xlmr = read_encoder_config(models + "/xlm-roberta-large-tiny-a");
  ASSERT_TRUE(xlmr) << xlmr.error().detail;
  EXPECT_EQ(xlmr->kind, EncoderKind::kXlmRoberta);
  EXPECT_EQ(xlmr->vocab_size, 8102);
  EXPECT_EQ(xlmr->num_layers, 3);
  EXPECT_EQ(xlmr->length_max(), 512);
  EXPECT_EQ(xlmr->type_vocab_size, 1);
  EXPECT_EQ(xlmr->layer_norm_eps, 1e-5F);
  const auto bert = read_encoder_config(models + "/bert-base-multilingual-cased-tiny-a");
  ASSERT_TRUE(bert) << bert.error().detail;
  EXPECT_EQ(bert->kind, EncoderKind::kBert);
  EXPECT_EQ(bert->num_heads, 8);
  EXPECT_EQ(bert->intermediate_size, 192);
  EXPECT_EQ(bert->length_max(), 512);
}

}  // namespace
}  // namespace pith
