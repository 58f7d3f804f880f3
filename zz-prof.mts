import { loadMapping } from "./src/mapping/load.ts";
const m = await loadMapping("schemas","wecom");
const raw={userid:"ZhangSan",name:"张三",department:[1,2],order:[1,2],position:"工程师",mobile:"13800000000",gender:"1",email:"a@b.c",biz_mail:"x@y.z",avatar:"http://x/0",telephone:"010-1",alias:"jack",status:1,main_department:2,direct_leader:["LiSi"],extattr:{attrs:[{type:0,name:"工号",text:{value:"7"}}]}};
const source={organization:"acme",namespace:null,unseenFields:new Set<string>()};
const inputs=Array.from({length:1000},(_,n)=>({user:{kind:"user" as const,key:"k",raw:JSON.parse(JSON.stringify({...raw,userid:"u"+n})),departments:["1","2"],mainDepartment:"2",managers:[]},departments:[{key:"1",name:"Root",path:"Root"},{key:"2",name:"A",path:"A"}],mainDepartment:{key:"2",name:"A",path:"A"},source}));
for (let r=0;r<8;r++){ let t=process.hrtime.bigint(); for(let k=0;k<100;k++) for (const i of inputs) m.mapUser(i); console.log(Number(process.hrtime.bigint()-t)/1e5/1e3,'µs'); }
const calib=()=>{let t=process.hrtime.bigint(); let s=JSON.stringify(inputs[0].user.raw),x; for(let k=0;k<1e5;k++) x=JSON.parse(s); return Number(process.hrtime.bigint()-t)/1e5/1e3}; console.log('JSON.parse', calib(), calib());
