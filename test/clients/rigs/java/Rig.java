import com.aliyuncs.DefaultAcsClient;
import com.aliyuncs.RpcAcsRequest;
import com.aliyuncs.auth.SignatureVersion;
import com.aliyuncs.exceptions.ClientException;
import com.aliyuncs.http.ProtocolType;
import com.aliyuncs.profile.DefaultProfile;
import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.reflect.TypeToken;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Drives the Java client: {@code java Rig.java java-core|java-core-acs3}. One call per line comes in, one answer
 * per line goes out; see ../../rig.ts.
 */
public class Rig {
  static final String REGION = "cn-hangzhou";
  static final String MODEL = "com.aliyuncs.kms.model.v20160120.";
  static final Gson GSON =
      new GsonBuilder().setFieldNamingPolicy(FieldNamingPolicy.UPPER_CAMEL_CASE).disableHtmlEscaping().create();

  final DefaultAcsClient client;
  final boolean acs3;

  Rig(boolean acs3) {
    this.acs3 = acs3;
    DefaultProfile.addEndpoint(REGION, "Kms", System.getenv("KEYHOLD_ENDPOINT"));
    client = new DefaultAcsClient(DefaultProfile.getProfile(
        REGION, System.getenv("KEYHOLD_ACCESS_KEY_ID"), System.getenv("KEYHOLD_ACCESS_KEY_SECRET")));
  }

  /** The typed answer, with the names of the wire; its lists are not wrapped. */
  Object call(String operation, Map<String, Object> parameters) throws Exception {
    RpcAcsRequest<?> request =
        (RpcAcsRequest<?>) Class.forName(MODEL + operation + "Request").getConstructor().newInstance();
    request.setSysProtocol("https".equals(System.getenv("KEYHOLD_SCHEME")) ? ProtocolType.HTTPS : ProtocolType.HTTP);
    if (acs3) request.setSysSignatureVersion(SignatureVersion.V3);
    for (Map.Entry<String, Object> parameter : parameters.entrySet()) {
      if (!parameter.getKey().equals("RegionId")) set(request, parameter.getKey(), parameter.getValue());
    }
    return client.getAcsResponse(request);
  }

  static void set(Object target, String name, Object value) throws Exception {
    Method setter = Arrays.stream(target.getClass().getMethods())
        .filter(method -> method.getName().equals("set" + name) || method.getName().equals("set" + name + "s"))
        .findFirst().orElseThrow();
    Class<?> type = setter.getParameterTypes()[0];
    if (type == Integer.class) {
      setter.invoke(target, ((Number) value).intValue());
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

  @SuppressWarnings("unchecked")
  Object answer(Map<String, Object> request) {
    String operation = (String) request.get("operation");
    Map<String, Object> parameters = (Map<String, Object>) request.get("parameters");
    try {
      boolean isLocal = operation.equals("seal") || operation.equals("open");
      return Map.of("body", isLocal ? local(operation, parameters) : call(operation, parameters));
    } catch (ClassNotFoundException missing) {
      return Map.of("missing", true);
    } catch (ClientException refused) {
      // The client keeps no HTTP status.
      return Map.of("error", error(refused.getErrCode(), refused.getErrMsg()));
    } catch (Exception failure) {
      return Map.of("error", error(failure.getClass().getSimpleName(), failure.getMessage()));
    }
  }

  static Map<String, String> error(String code, String message) {
    Map<String, String> error = new TreeMap<>();
    error.put("code", code);
    error.put("message", message);
    return error;
  }

  public static void main(String[] arguments) throws Exception {
    Rig rig = new Rig(arguments[0].equals("java-core-acs3"));
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      // Maps keep their names; objects of the client get the names of the wire.
      out.println(GSON.toJson(rig.answer(GSON.fromJson(line, new TypeToken<Map<String, Object>>() {}.getType()))));
    }
    System.exit(0);
  }
}
