import com.aliyun.credentials.models.Config;
import com.aliyun.credentials.models.CredentialModel;
import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.RpcAcsRequest;
import com.aliyuncs.auth.BasicCredentials;
import com.aliyuncs.auth.BasicSessionCredentials;
import com.aliyuncs.auth.SignatureVersion;
import com.aliyuncs.auth.StaticCredentialsProvider;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/**
 * Drives the Java client: {@code java Rig.java <client>}. One call per line comes in, one answer
 * per line goes out; see ../../rig.ts.
 */
public class Rig {
  static final String REGION = "cn-hangzhou";
  static final String SCHEME = System.getenv("KEYHOLD_SCHEME");
  static final String ENDPOINT = System.getenv("KEYHOLD_ENDPOINT");
  static final Map<String, String> ACCOUNT = Map.of(
      "type", "access_key",
      "accessKeyId", System.getenv("KEYHOLD_ACCESS_KEY_ID"),
      "accessKeySecret", System.getenv("KEYHOLD_ACCESS_KEY_SECRET"));
  static final Gson GSON =
      new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.UPPER_CAMEL_CASE).disableHtmlEscaping().create();

  final String kind;
  final Map<Map<String, String>, DefaultAcsClient> clients = new HashMap<>();

  Rig(String kind) {
    this.kind = kind;
    for (String product : List.of("Kms", "Ram", "Sts", "Actiontrail")) {
      DefaultProfile.addEndpoint(REGION, product, ENDPOINT);
    }
  }

  /** A client signs for one identity. */
  DefaultAcsClient connect(Map<String, String> who) {
    DefaultProfile profile = DefaultProfile.getProfile(REGION);
    if (kind.equals("java-credentials")) {
      com.aliyun.credentials.Client provider = new com.aliyun.credentials.Client(provided(who));
      return new DefaultAcsClient(profile, () -> {
        CredentialModel key = provider.getCredential();
        return key.getSecurityToken() == null
            ? new BasicCredentials(key.getAccessKeyId(), key.getAccessKeySecret())
            : new BasicSessionCredentials(key.getAccessKeyId(), key.getAccessKeySecret(), key.getSecurityToken());
      });
    }
    String id = who.get("accessKeyId");
    String secret = who.get("accessKeySecret");
    String token = who.get("securityToken");
    return new DefaultAcsClient(profile, new StaticCredentialsProvider(
        token == null ? new BasicCredentials(id, secret) : new BasicSessionCredentials(id, secret, token)));
  }

  static Config provided(Map<String, String> who) {
    return new Config()
        .setType(who.get("type"))
        .setAccessKeyId(who.get("accessKeyId"))
        .setAccessKeySecret(who.get("accessKeySecret"))
        .setSecurityToken(who.get("securityToken"))
        .setRoleArn(who.get("roleArn"))
        .setRoleSessionName(who.get("roleSessionName"))
        .setPolicy(who.get("policy"))
        .setExternalId(who.get("externalId"))
        .setOidcProviderArn(who.get("oidcProviderArn"))
        .setOidcTokenFilePath(who.get("oidcTokenFilePath"))
        .setSTSEndpoint(ENDPOINT);
  }

  /** The typed answer, with the names of the wire; its lists are not wrapped. */
  Object call(Request asked) throws Exception {
    String version = asked.version.replace("-", "");
    String model = "com.aliyuncs." + asked.product.toLowerCase() + ".model.v" + version + ".";
    RpcAcsRequest<?> request =
        (RpcAcsRequest<?>) Class.forName(model + asked.operation + "Request").getConstructor().newInstance();
    request.setSysProtocol("https".equals(SCHEME) ? ProtocolType.HTTPS : ProtocolType.HTTP);
    if (kind.equals("java-core-acs3")) request.setSysSignatureVersion(SignatureVersion.V3);
    for (Map.Entry<String, Object> parameter : asked.parameters.entrySet()) {
      if (!parameter.getKey().equals("RegionId")) set(request, parameter.getKey(), parameter.getValue());
    }
    return clients.computeIfAbsent(asked.as == null ? ACCOUNT : asked.as, this::connect).getAcsResponse(request);
  }

  static void set(Object target, String name, Object value) throws Exception {
    Method setter = Arrays.stream(target.getClass().getMethods())
        .filter(method -> method.getName().equals("set" + name) || method.getName().equals("set" + name + "s"))
        .findFirst().orElseThrow();
    Class<?> type = setter.getParameterTypes()[0];
    if (type == Integer.class) {
      setter.invoke(target, ((Number) value).intValue());
    } else if (type == Long.class) {
      setter.invoke(target, ((Number) value).longValue());
    } else if (type == String.class && value instanceof Number number) {
      setter.invoke(target, Long.toString(number.longValue()));
    } else if (value instanceof Map) {
      setter.invoke(target, GSON.toJson(value));
    } else if (value instanceof List<?> list && !list.isEmpty() && list.get(0) instanceof Map) {
      List<Object> items = new ArrayList<>();
      for (Object fields : list) {
        Object item = Class.forName(target.getClass().getName() + "$" + name).getConstructor().newInstance();
        for (Map.Entry<?, ?> field : ((Map<?, ?>) fields).entrySet()) {
          set(item, (String) field.getKey(), field.getValue());
        }
        items.add(item);
      }
      setter.invoke(target, items);
    } else {
      setter.invoke(target, value);
    }
  }

  /** Seals or opens data with AES-GCM, as an application does with a data key. */
  static Object local(String operation, Map<String, Object> parameters) throws Exception {
    SecretKeySpec key = new SecretKeySpec(Base64.getDecoder().decode((String) parameters.get("key")), "AES");
    byte[] data = Base64.getDecoder().decode((String) parameters.get("data"));
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    byte[] result;
    if (operation.equals("seal")) {
      cipher.init(Cipher.ENCRYPT_MODE, key);
      byte[] sealed = cipher.doFinal(data);
      result = Arrays.copyOf(cipher.getIV(), 12 + sealed.length);
      System.arraycopy(sealed, 0, result, 12, sealed.length);
    } else {
      cipher.init(Cipher.DECRYPT_MODE, key, new GCMParameterSpec(128, data, 0, 12));
      result = cipher.doFinal(data, 12, data.length - 12);
    }
    return Map.of("data", Base64.getEncoder().encodeToString(result));
  }

  /** Wraps key material as the vendor's guide does: MGF1 has the hash of OAEP, which is not Java's default. */
  static Object wrap(Map<String, Object> parameters) throws Exception {
    byte[] publicKey = Base64.getDecoder().decode((String) parameters.get("publicKey"));
    byte[] material = Base64.getDecoder().decode((String) parameters.get("material"));
    boolean sha256 = parameters.get("algorithm").equals("RSAES_OAEP_SHA_256");
    Cipher cipher =
        Cipher.getInstance(sha256 ? "RSA/ECB/OAEPWithSHA-256AndMGF1Padding" : "RSA/ECB/OAEPWithSHA-1AndMGF1Padding");
    cipher.init(
        Cipher.ENCRYPT_MODE,
        KeyFactory.getInstance("RSA").generatePublic(new X509EncodedKeySpec(publicKey)),
        new OAEPParameterSpec(
            sha256 ? "SHA-256" : "SHA-1",
            "MGF1",
            sha256 ? MGF1ParameterSpec.SHA256 : MGF1ParameterSpec.SHA1,
            PSource.PSpecified.DEFAULT));
    return Map.of("data", Base64.getEncoder().encodeToString(cipher.doFinal(material)));
  }

  static class Request {
    String operation;
    String product;
    String version;
    Map<String, Object> parameters;
    Map<String, String> as;
  }

  Object answer(Request request) {
    try {
      return Map.of("body", switch (request.operation) {
        case "seal", "open" -> local(request.operation, request.parameters);
        case "wrap" -> wrap(request.parameters);
        default -> call(request);
      });
    } catch (ClassNotFoundException missing) {
      return Map.of("missing", true);
    } catch (ClientException refused) {
      // The client keeps no HTTP status.
      return Map.of("error", error(refused.getErrCode(), refused.getErrMsg(), refused.getAccessDeniedDetail()));
    } catch (Exception failure) {
      return Map.of("error", error(failure.getClass().getSimpleName(), failure.getMessage(), null));
    }
  }

  static Map<String, Object> error(String code, String message, Map<String, Object> detail) {
    Map<String, Object> error = new TreeMap<>();
    error.put("code", code);
    error.put("message", message);
    error.put("detail", detail);
    return error;
  }

  public static void main(String[] arguments) throws Exception {
    Rig rig = new Rig(arguments[0]);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err); // the credentials library prints what it is refused
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      // Maps keep their names; objects of the client get the names of the wire.
      out.println(GSON.toJson(rig.answer(new Gson().fromJson(line, Request.class))));
    }
    System.exit(0);
  }
}
