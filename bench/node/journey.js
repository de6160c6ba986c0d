// The journey of the road (../journeys/reservas.yaml): two questions that take turns for ever.
const ASK_NAME = "¿A nombre de quién hacemos la reserva?";
const MOST_RETRIES = 2;

// What a contact with this state (null: none yet) answers to a text: the next state, and what is said.
export function step(state, text) {
  if (state === null) return { state: { at: "nombre", retries: 0, vars: {} }, say: `¡Hola! ${ASK_NAME}` };
  const { at, retries, vars } = state;
  const answer = text.trim();
  const again = (say) => ({ state: { at, retries: retries + 1, vars }, say });
  if (at === "nombre") {
    if (answer.length < 2 || answer.length > 60) {
      return retries < MOST_RETRIES ? again("Escribe solo tu nombre, por favor.") : again(ASK_NAME);
    }
    const next = { ...vars, nombre: answer };
    return { state: { at: "cuantos", retries: 0, vars: next }, say: `Gracias, ${answer}. ¿Para cuántas personas?` };
  }
  const count = /^\d+$/.test(answer) ? Number(answer) : NaN;
  if (!(count >= 1 && count <= 20)) return again("Escríbelo en número, por favor: del 1 al 20.");
  const next = { ...vars, cuantos: count };
  return {
    state: { at: "nombre", retries: 0, vars: next },
    say: `Anotado: mesa para ${count} a nombre de ${vars.nombre}. ${ASK_NAME}`,
  };
}
